#include "pidns/supervise/init.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <vector>

#include "pidns/explain/signal_text.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/supervise/leftovers.hpp"
#include "pidns/supervise/own_copies.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

namespace {

class Init {
 public:
  explicit Init(const InitTask& task) : task_(task) {}

  ExitStatus run() {
    // Before the first wait too: the SIGCHLD of a command that has ended already may have been discarded.
    reap();
    while (!status_) {
      sys::wait_readable({&task_.signals, &task_.channel});
      read_signals();
      read_channel();
      reap();
    }
    if (task_.grace > std::chrono::milliseconds::zero() && ::getpid() == 1) {
      wait_for_leftovers();
    }
    return *status_;
  }

 private:
  /// Reaps orphans too: the kernel has made them our children. After COMMAND's end, and the grace, it takes
  /// care of them itself.
  void reap() {
    while (!status_ || grace_) {
      const siginfo_t change = sys::wait_for_any_child();
      if (change.si_pid == 0) {
        return;
      }
      if (change.si_pid == task_.command.pid() && !status_) {
        note_command(change.si_code, change.si_status);
      } else if (change.si_code != CLD_STOPPED && change.si_code != CLD_CONTINUED) {
        note_orphan(change.si_pid, exit_status_of(change));
      }
    }
  }

  void note_orphan(pid_t pid, const ExitStatus& ending) {
    task_.log.debug("PID 1: reaped the orphan {}", pid);
    task_.narrator.narrate(describe_reaped_orphan, pid, ending);
  }

  void note_command(int code, int value) {
    stopped_ = code == CLD_STOPPED;
    if (code == CLD_CONTINUED) {
      return;
    }
    if (stopped_) {
      unanswered_stop_ = true;
      ++stops_told_;
      send({.kind = InitMessage::Kind::stopped, .value = value});
      return;
    }
    task_.command.set_reaped();
    status_ = ExitStatus{.killed = code != CLD_EXITED, .value = value};
    // COMMAND has ended, and the outer pidns may be stopped: nothing is left to be done meanwhile.
    send({.kind = status_->killed ? InitMessage::Kind::killed : InitMessage::Kind::exited,
          .value = value,
          .left = task_.counts_leftovers ? count_leftovers() : InitMessage::unknown},
         sys::Wait::yes);
  }

  int count_leftovers() noexcept {
    try {
      const std::vector<Leftover> leftovers = find_leftovers();
      if (!leftovers.empty()) {
        const std::string text = describe(leftovers);
        task_.log.info("{}", text);
        task_.narrator.narrate(describe_leftovers, text, task_.grace);
      }
      return static_cast<int>(leftovers.size());
    } catch (const std::exception&) {  // no memory
      return InitMessage::unknown;
    }
  }

  /// --grace: what COMMAND has left gets SIGTERM and some time. A signal to pidns that an ordinary process
  /// dies of ends that time.
  void wait_for_leftovers() {
    using Clock = std::chrono::steady_clock;
    grace_ = true;
    const auto start = Clock::now();
    ::kill(-1, SIGTERM);
    ::kill(-1, SIGCONT);  // what is stopped would not take it
    reap();
    while (grace_ && sys::has_children()) {
      const auto rest =
          task_.grace == endless
              ? endless
              : task_.grace - std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
      if (rest <= std::chrono::milliseconds::zero()) {
        return;
      }
      constexpr std::chrono::milliseconds longest{1 << 30};  // poll(2) takes an int
      sys::wait_readable({&task_.signals, &task_.channel}, static_cast<int>(std::min(rest, longest).count()));
      read_signals();
      read_channel();
      reap();
    }
  }

  void read_signals() {
    while (const auto signal = sys::next_signal(task_.signals)) {
      handle(*signal);
    }
  }

  void handle(const sys::ReceivedSignal& signal) {
    const int number = signal.number;
    if (is_about_own_child(number, signal.code) || (number == SIGCONT && answers_a_stop())) {
      return;
    }
    if (is_from_terminal(number, signal.code)) {
      if (status_) {
        end_grace_by(number);
      } else if (task_.own_session) {
        tell(number, {.origin = Origin::group, .code = signal.code, .pid = 0});
        sys::send_signal_to_group(task_.command.pid(), number);
      }
      return;
    }
    if (status_) {
      return;
    }
    if (signal.code == SI_USER &&
        send({.kind = InitMessage::Kind::received, .value = number, .sender = signal.sender})) {
      copies_.hold(number, signal.sender);
      return;
    }
    sys::pass_on(task_.command.pid(), signal);
    tell(number, {.origin = Origin::process, .code = signal.code, .pid = signal.sender});
  }

  void tell(int signal, const Sender& sender) {
    task_.log.debug("PID 1: {} relayed to COMMAND", signal_name(signal));
    task_.narrator.narrate(describe_signal_to_command, signal, sender, task_.command.pid());
  }

  void pass_on(int number, pid_t sender) {
    if (number == SIGCONT && answers_a_stop()) {
      return;
    }
    if (status_) {
      end_grace_by(number);
      return;
    }
    sys::send_signal(task_.command.pid(), number);
    tell(number, {.origin = Origin::process, .code = SI_USER, .pid = sender});
  }

  void end_grace_by(int signal) { grace_ = grace_ && default_action(signal) != DefaultAction::terminate; }

  /// Whether a SIGCONT is the shell's, which continues the whole group of a stopped job: COMMAND has got its
  /// own.
  bool answers_a_stop() {
    reap();
    const bool was_unanswered = std::exchange(unanswered_stop_, stopped_);
    // Stopped anew already: when the outer pidns, which stops as well, is continued, it will tell us.
    return stopped_ ? task_.channel.valid() : was_unanswered;
  }

  void read_channel() {
    if (!task_.channel.valid()) {
      return;
    }
    // Asked first: what the outer pidns has sent before it hung up still counts.
    const bool hung_up = sys::has_hung_up(task_.channel);
    while (const auto message = receive_message(task_.channel)) {
      handle(*message);
    }
    if (hung_up) {
      task_.channel.reset();
    }
    if (!task_.channel.valid()) {
      if (stopped_ && !status_) {  // who would have continued it has gone
        sys::send_signal(task_.command.pid(), SIGCONT);
      }
      for (const int signal : copies_.release_all()) {
        pass_on(signal, 0);
      }
    }
  }

  void handle(const InitMessage& message) {
    const int value = message.value;
    if (message.kind == InitMessage::Kind::signal) {
      read_signals();  // the kernel has sent our own copy first, if there is one
      if (copies_.match(value, message.sender)) {
        pass_on(value, message.sender);
      } else {
        task_.narrator.narrate(describe_signal_to_group, value, message.sender);
      }
    } else if (message.kind == InitMessage::Kind::told) {
      if (copies_.release(value)) {
        pass_on(value, message.sender);
      }
    } else {
      continue_command(value);
    }
  }

  /// The outer pidns was continued after this stop.
  void continue_command(int stop) {
    reap();
    // Ignore answers to earlier stops: COMMAND was continued and stopped again meanwhile.
    if (stop != stops_told_) {
      return;
    }
    unanswered_stop_ = false;
    if (stopped_ && !status_) {
      sys::send_signal(task_.command.pid(), SIGCONT);
    }
  }

  bool send(const InitMessage& message, sys::Wait wait = sys::Wait::no) {
    return task_.channel.valid() && send_message(task_.channel, message, wait);
  }

  InitTask task_;
  OwnCopies copies_;
  bool stopped_ = false;
  int stops_told_ = 0;
  bool unanswered_stop_ = false;  // COMMAND has been stopped, and no SIGCONT has come since
  std::optional<ExitStatus> status_;
  bool grace_ = false;  // COMMAND has ended, and what it has left is waited for
};

}  // namespace

bool send_message(const UniqueFd& channel, const InitMessage& message, sys::Wait wait) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes of plain data
  return sys::send_packet(channel, {reinterpret_cast<const char*>(&message), sizeof message}, wait);
}

std::optional<InitMessage> receive_message(UniqueFd& channel) {
  if (!channel.valid()) {
    return std::nullopt;
  }
  InitMessage message{};
  switch (sys::receive_packet(channel, &message, sizeof message)) {
    case sys::Received::packet:
      return message;
    case sys::Received::nothing:
      return std::nullopt;
    case sys::Received::failure:
      channel.reset();
  }
  return std::nullopt;
}

ExitStatus run_init(const InitTask& task) {
  return Init(task).run();
}

}  // namespace pidns
