#include "pidns/supervise/delivery_watch.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>

#include "pidns/proc/proc_status.hpp"
#include "pidns/signal/dispositions.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/ptrace.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// How a thread was stopped, from si_status of waitid(2): ptrace(2).
struct Stop {
  int signal;
  int event;  ///< PTRACE_EVENT_*; 0: the delivery of the signal
};

Stop stop_of(int status) {
  constexpr int signal_bits = 0x7f;
  return {.signal = status & signal_bits, .event = status >> 8};
}

/// ptrace(2), "Group-stop".
bool is_group_stop(const Stop& stop) {
  return stop.event == PTRACE_EVENT_STOP && stop.signal != SIGTRAP;
}

/// Whether a system call ends with EINTR when its thread is stopped, though no handler runs: signal(7),
/// "Interruption of system calls by stop signals".
bool is_disturbed_by_stop(long call) {
  constexpr std::array calls{
      SYS_epoll_pwait, SYS_io_getevents,
#ifdef SYS_semtimedop  // 32-bit machines do all of these by ipc(2), or with another number
      SYS_semtimedop,
#endif
#ifdef SYS_epoll_wait
      SYS_epoll_wait,
#endif
#ifdef SYS_semop
      SYS_semop,
#endif
  };
  return is_sigtimedwait(call) || std::find(calls.begin(), calls.end(), call) != calls.end();
}

}  // namespace

bool DeliveryWatch::attach(ProcessIds target) {
  looks_ = 0;
  if (is_attached()) {
    return true;
  }
  target_ = target;
  if (!sys::attach(target.pid)) {
    return false;
  }
  threads_.insert(target.pid);
  if (target.pid != target.proc_pid) {  // its other threads have other numbers to us than in this /proc
    return true;
  }
  const auto names = sys::or_default_on_error(
      [&] { return sys::list_directory(proc_.get(), fmt::format("{}/task", target.proc_pid).c_str()); });
  for (const std::string& name : names) {
    const auto thread = leading_number<pid_t>(name);
    if (thread != target.pid && sys::attach(thread)) {
      threads_.insert(thread);
    }
  }
  return true;
}

SignalSet DeliveryWatch::attach_again() {
  const SignalSet held = held_.undecided();
  if (held == SignalSet() || !attach(target_)) {
    return {};
  }
  // The others may stop later, to be handled: for the delivery of a signal, too.
  for (const pid_t thread : threads_) {
    const siginfo_t change = sys::wait_for(thread, WSTOPPED | WNOHANG | WNOWAIT | __WALL);
    if (change.si_code == CLD_TRAPPED && is_group_stop(stop_of(change.si_status))) {
      stopped_.push_back(thread);
    }
  }
  held_.hold_missing();
  known_handled_ = handled_by(target_.pid);
  return held & ~(known_handled_ | read_pending().value_or(held));
}

void DeliveryWatch::resume_stopped() {
  for (const pid_t thread : stopped_) {
    sys::resume(thread, 0);
  }
  stopped_.clear();
}

void DeliveryWatch::add(int signal, SignalSet handled) {
  held_.add(signal);
  known_handled_ = handled;
  looks_ = 0;
}

void DeliveryWatch::handle(const siginfo_t& change, const std::function<void(int)>& discard) {
  const pid_t thread = change.si_pid;
  all_asleep_ = false;
  if (change.si_code != CLD_TRAPPED) {
    threads_.erase(thread);
    return;
  }
  threads_.insert(thread);  // new ones are attached to by the kernel
  const Stop stop = stop_of(change.si_status);
  if (stop.event == 0) {
    const bool discarded = held_.deliver(stop.signal, handled_by(thread)) == Outcome::discarded;
    if (discarded) {
      discard(stop.signal);
    }
    resume(thread, discarded ? 0 : stop.signal);
  } else if (is_group_stop(stop)) {
    sys::detach(thread, 0);  // it stays stopped, which is then reported as without us
    threads_.erase(thread);
  } else {
    resume(thread, 0);
  }
}

std::optional<SignalSet> DeliveryWatch::read_pending() const {
  const auto status = try_read_status(proc_, target_.proc_pid);
  return status ? std::optional(status->pending) : std::nullopt;
}

void DeliveryWatch::settle(const std::optional<SignalSet>& pending) {
  if (all_asleep_) {
    held_.forget_missing();
  }
  held_.look(pending.value_or(SignalSet::all()));
  ++looks_;
  all_asleep_ = held_.empty() && !interrupt_threads();
}

int DeliveryWatch::pause() const {
  constexpr int longest = 1000;
  constexpr int patience = 16;  // looks for a moment to detach in: then the next signal has to do
  if (!is_attached() || (held_.empty() && looks_ > patience)) {
    return -1;
  }
  return looks_ < 10 ? 1 << looks_ : longest;
}

/// The number of a thread in /proc.
pid_t DeliveryWatch::in_proc(pid_t thread) const {
  return thread == target_.pid ? target_.proc_pid : thread;
}

/// The signals that PID 1 catches or ignores now. If its status cannot be read, those of the last look.
SignalSet DeliveryWatch::handled_by(pid_t thread) const {
  const auto status = try_read_status(proc_, in_proc(thread));
  return status ? status->caught | status->ignored : known_handled_;
}

void DeliveryWatch::resume(pid_t thread, int signal) {
  if (!held_.empty()) {
    sys::resume(thread, signal);
    return;
  }
  sys::detach(thread, signal);
  threads_.erase(thread);
  if (threads_.empty()) {
    held_ = HeldSignals();  // all is decided, and PID 1 goes on unwatched
  }
}

/// A thread can be detached from only while it is stopped, and must not notice that it was. One that is on
/// its way to a delivery stops there first: get_signal() in kernel/signal.c.
/// @return whether there was one to interrupt; the others sleep in system calls
bool DeliveryWatch::interrupt_threads() {
  bool interrupted = false;
  for (const pid_t thread : threads_) {
    const std::string call = sys::try_read_file(proc_.get(), fmt::format("{}/syscall", in_proc(thread)));
    if (!is_disturbed_by_stop(leading_number<long>(call))) {
      sys::interrupt(thread);
      interrupted = true;
    }
  }
  return interrupted;
}

}  // namespace pidns
