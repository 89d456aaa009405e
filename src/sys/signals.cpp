#include "pidns/sys/signals.hpp"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include <cerrno>

#include "call.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"

namespace pidns::sys {

void pass_on(const UniqueFd& pidfd, const signalfd_siginfo& signal) {
  const int number = static_cast<int>(signal.ssi_signo);
  // The kernel lets no process imitate kill(2) or tgkill(2); neither has a payload: pidfd_send_signal(2).
  if (signal.ssi_code >= 0 || signal.ssi_code == SI_TKILL) {
    send_signal(pidfd, number);
    return;
  }
  siginfo_t info{};
  info.si_signo = number;
  info.si_errno = signal.ssi_errno;
  info.si_code = signal.ssi_code;
  info.si_pid = static_cast<pid_t>(signal.ssi_pid);
  info.si_uid = signal.ssi_uid;
  info.si_value.sival_ptr = reinterpret_cast<void*>(signal.ssi_ptr);  // NOLINT: passed on, never followed
  send_signal(pidfd, number, &info);
}

bool send_signal(const UniqueFd& pidfd, int signal, siginfo_t* info) {
  constexpr int attempts = 100;
  for (int i = 0; i < attempts; ++i) {
    if (retry([&] { return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, info, 0); }) == 0) {
      return true;
    }
    if (errno == ESRCH) {
      return false;
    }
    if (errno != EAGAIN) {
      throw_error(Syscall::pidfd_send_signal, errno, fmt::format("cannot send {}", signal_name(signal)));
    }
    // Too many are queued: setrlimit(2), RLIMIT_SIGPENDING.
    wait_readable({&pidfd}, 1);
  }
  return false;
}

SignalSet set_signal_mask(SignalSet mask) {
  const std::uint64_t after = mask.bits();
  std::uint64_t before = 0;
  if (retry([&] { return ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &after, &before, sizeof after); }) ==
      -1) {
    throw_error(Syscall::rt_sigprocmask, errno, "cannot set the signal mask");
  }
  return SignalSet(before);
}

namespace {

using Handler = void (*)(int);

/// struct sigaction of the kernel: glibc's sigaction(3) refuses signals 32 and 33.
struct KernelAction {
  Handler handler = SIG_DFL;
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  std::uint64_t mask = 0;
};

/// @return the action before
KernelAction change_action(int signal, const KernelAction* action) {
  KernelAction before;
  if (retry([&] { return ::syscall(SYS_rt_sigaction, signal, action, &before, sizeof before.mask); }) == -1) {
    throw_error(Syscall::rt_sigaction, errno,
                fmt::format("cannot set the disposition of {}", signal_name(signal)));
  }
  return before;
}

void set_disposition(int signal, Handler handler) {
  const KernelAction action{.handler = handler};
  change_action(signal, &action);
}

}  // namespace

bool is_ignored(int signal) {
  return change_action(signal, nullptr).handler == SIG_IGN;
}

void set_default_disposition(int signal) {
  set_disposition(signal, SIG_DFL);
}

void ignore_signal(int signal) {
  set_disposition(signal, SIG_IGN);
}

UniqueFd open_signalfd(SignalSet signals) {
  const std::uint64_t bits = signals.bits();
  UniqueFd fd = above_stdio(static_cast<int>(
      retry([&] { return ::syscall(SYS_signalfd4, -1, &bits, sizeof bits, SFD_NONBLOCK | SFD_CLOEXEC); })));
  if (!fd.valid()) {
    throw_error(Syscall::signalfd, errno, "cannot open a signalfd");
  }
  return fd;
}

std::optional<signalfd_siginfo> read_signal(const UniqueFd& signalfd) {
  signalfd_siginfo info{};
  if (retry([&] { return ::read(signalfd.get(), &info, sizeof info); }) == -1) {
    if (errno == EAGAIN) {
      return std::nullopt;
    }
    throw_error(Syscall::read, errno, "cannot read signals");
  }
  return info;
}

void raise_with_default_action(int signal) {
  if (signal != SIGKILL && signal != SIGSTOP) {
    set_default_disposition(signal);
  }
  ::kill(::getpid(), signal);
  const SignalSet mask = set_signal_mask(~SignalSet::of(signal));
  set_signal_mask(mask);
}

namespace {

/// Lets a signal interrupt a system call that unblocks it, and do nothing else.
void let_interrupt(int signal) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigfillset(&action.sa_mask);
  // A SIGCHLD is delivered first. Blocked with the rest, the SIGCONT that came with it would stay pending,
  // and be passed on as one more.
  ::sigdelset(&action.sa_mask, SIGCONT);
  if (::sigaction(signal, &action, nullptr) == -1) {
    throw_error(Syscall::rt_sigaction, errno,
                fmt::format("cannot set the disposition of {}", signal_name(signal)));
  }
}

/// Takes a pending signal back that this process has sent itself.
bool take_back(int signal) {
  const std::uint64_t bits = SignalSet::of(signal).bits();
  const timespec now{};
  siginfo_t info{};
  if (retry([&] { return ::syscall(SYS_rt_sigtimedwait, &bits, &info, &now, sizeof bits); }) == -1) {
    return false;
  }
  if (info.si_code == SI_USER && info.si_pid == ::getpid()) {
    return true;
  }
  ::syscall(SYS_rt_sigqueueinfo, ::getpid(), signal, &info);
  return false;
}

}  // namespace

bool stop_this_process(int signal, const std::function<bool()>& is_wanted) {
  let_interrupt(SIGCHLD);
  let_interrupt(SIGCONT);
  // Blocked, it stays pending, and a SIGCONT that comes from now on takes it back. SIGSTOP cannot be blocked.
  if (signal != SIGSTOP) {
    set_default_disposition(signal);
    ::kill(::getpid(), signal);
  }
  if (!is_wanted()) {
    take_back(signal);
    return true;
  }
  if (signal == SIGSTOP) {
    ::kill(::getpid(), signal);
  }
  // When we are continued, a child that is continued with us may already have made the terminal send the next
  // stop signal. But the child's SIGCHLD has come before that, and is delivered first as the lower number,
  // and with its handler all stop signals are blocked again: get_signal() in kernel/signal.c.
  const std::uint64_t mask =
      (~(SignalSet::of(signal) | SignalSet::of(SIGCHLD) | SignalSet::of(SIGCONT))).bits();
  const timespec now{};
  if (::syscall(SYS_ppoll, nullptr, 0, &now, &mask, sizeof mask) == -1 && errno != EINTR) {
    throw_error(Syscall::poll, errno, "cannot stop");
  }
  return !take_back(signal);
}

void write_to_stderr(std::string_view text) {
  // From the background the terminal would stop us: termios(3), TOSTOP. And a pipe may have lost its reader.
  const SignalSet mask = set_signal_mask(SignalSet::all());
  while (!text.empty()) {
    const ssize_t size = retry([&] { return ::write(STDERR_FILENO, text.data(), text.size()); });
    if (size == -1) {
      if (errno == EPIPE) {
        take_back(SIGPIPE);
      }
      break;
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  set_signal_mask(mask);
}

}  // namespace pidns::sys
