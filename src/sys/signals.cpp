#include "pidns/sys/signals.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

#include "call.hpp"
#include "pidns/sys/error.hpp"

namespace pidns::sys {

namespace {

/// Makes a call that sends a signal, again and again while too many are queued: setrlimit(2),
/// RLIMIT_SIGPENDING.
template <typename Send>
bool try_sending(Send send) {
  constexpr int attempts = 100;
  const timespec millisecond{.tv_sec = 0, .tv_nsec = 1'000'000};
  for (int i = 0; i < attempts; ++i) {
    if (retry(send) == 0) {
      return true;
    }
    if (errno != EAGAIN) {
      return false;
    }
    ::nanosleep(&millisecond, nullptr);
  }
  return false;
}

ReceivedSignal received(const siginfo_t& info) {
  return {.number = info.si_signo,
          .code = info.si_code,
          .error = info.si_errno,
          .sender = info.si_pid,
          .user = info.si_uid,
          .payload = reinterpret_cast<std::uintptr_t>(info.si_value.sival_ptr)};  // NOLINT: never followed
}

/// Takes a pending signal of a set without waiting.
bool take(SignalSet signals, siginfo_t& info) {
  const std::uint64_t bits = signals.bits();
  const timespec now{};
  return retry([&] { return ::syscall(SYS_rt_sigtimedwait, &bits, &info, &now, sizeof bits); }) != -1;
}

}  // namespace

std::optional<ReceivedSignal> next_signal(const UniqueFd& signalfd) noexcept {
  signalfd_siginfo read{};
  if (retry([&] { return ::read(signalfd.get(), &read, sizeof read); }) == sizeof read) {
    return ReceivedSignal{.number = static_cast<int>(read.ssi_signo),
                          .code = read.ssi_code,
                          .error = read.ssi_errno,
                          .sender = static_cast<pid_t>(read.ssi_pid),
                          .user = read.ssi_uid,
                          .payload = read.ssi_ptr};
  }
  siginfo_t info{};
  return errno != EAGAIN && take(SignalSet::all(), info) ? std::optional(received(info)) : std::nullopt;
}

namespace {

/// As sigqueue(3).
bool queue(pid_t child, const ReceivedSignal& signal) {
  siginfo_t info{};
  info.si_signo = signal.number;
  info.si_errno = signal.error;
  info.si_code = signal.code;
  info.si_pid = signal.sender;
  info.si_uid = signal.user;
  info.si_value.sival_ptr =
      reinterpret_cast<void*>(static_cast<std::uintptr_t>(signal.payload));  // NOLINT: never followed
  return try_sending([&] { return ::syscall(SYS_rt_sigqueueinfo, child, signal.number, &info); });
}

}  // namespace

bool send_signal(pid_t child, int signal) noexcept {
  return try_sending([&] { return ::kill(child, signal); }) ||
         // Where kill(2) is refused, there is another call.
         (errno != ESRCH && queue(child, {.number = signal,
                                          .code = SI_QUEUE,
                                          .error = 0,
                                          .sender = ::getpid(),
                                          .user = ::getuid(),
                                          .payload = 0}));
}

bool send_signal_to_group(pid_t child, int signal) noexcept {
  return try_sending([&] { return ::kill(-child, signal); });
}

bool pass_on(pid_t child, const ReceivedSignal& signal) noexcept {
  // The kernel lets no process imitate kill(2) or tgkill(2): rt_sigqueueinfo(2).
  if (!signal.has_payload()) {
    return send_signal(child, signal.number);
  }
  return queue(child, signal) || (errno != ESRCH && send_signal(child, signal.number));
}

namespace {

std::optional<SignalSet> exchange_signal_mask(SignalSet mask) {
  const std::uint64_t after = mask.bits();
  std::uint64_t before = 0;
  return retry([&] { return ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &after, &before, sizeof after); }) ==
                 -1
             ? std::nullopt
             : std::optional(SignalSet(before));
}

}  // namespace

SignalSet set_signal_mask(SignalSet mask) {
  const auto before = exchange_signal_mask(mask);
  if (!before) {
    throw_error(Syscall::rt_sigprocmask, errno, "cannot set the signal mask");
  }
  return *before;
}

namespace {

using Handler = void (*)(int);

/// struct sigaction of the kernel: glibc's sigaction(3) refuses signals 32 and 33. Some machines have no
/// restorer; with nothing but zeros behind the handler, it does not matter where the mask begins.
struct KernelAction {
  Handler handler = SIG_DFL;
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  std::uint64_t mask = 0;
};

/// @return the action before
std::optional<KernelAction> exchange_action(int signal, const KernelAction* action) {
  KernelAction before;
  return retry([&] { return ::syscall(SYS_rt_sigaction, signal, action, &before, sizeof before.mask); }) == -1
             ? std::nullopt
             : std::optional(before);
}

/// As exchange_action(), but throws.
KernelAction change_action(int signal, const KernelAction* action) {
  const auto before = exchange_action(signal, action);
  if (!before) {
    throw_error(Syscall::rt_sigaction, errno,
                fmt::format("cannot set the disposition of {}", signal_name(signal)));
  }
  return *before;
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
  ::sigaction(signal, &action, nullptr);
}

/// Takes a pending signal back that this process has sent itself.
bool take_back(int signal) {
  siginfo_t info{};
  if (!take(SignalSet::of(signal), info)) {
    return false;
  }
  if (info.si_code == SI_USER && info.si_pid == ::getpid()) {
    return true;
  }
  ::syscall(SYS_rt_sigqueueinfo, ::getpid(), signal, &info);
  return false;
}

}  // namespace

bool stop_this_process(int signal, const std::function<bool()>& is_wanted) noexcept {
  let_interrupt(SIGCHLD);
  let_interrupt(SIGCONT);
  // Blocked, it stays pending, and a SIGCONT that comes from now on takes it back. SIGSTOP cannot be blocked.
  if (signal != SIGSTOP) {
    const KernelAction action{};
    exchange_action(signal, &action);
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
  const SignalSet mask = ~(SignalSet::of(signal) | SignalSet::of(SIGCHLD) | SignalSet::of(SIGCONT));
  const std::uint64_t bits = mask.bits();
  const timespec now{};
  if (::syscall(SYS_ppoll, nullptr, 0, &now, &bits, sizeof bits) == -1 && errno != EINTR) {
    exchange_signal_mask(mask);
    exchange_signal_mask(SignalSet::all());
  }
  return !take_back(signal);
}

namespace {

/// One write(2) that does not wait: to a pipe with room for one of PIPE_BUF bytes, unless another process
/// fills it at this moment; the kernel can be asked not to wait for that since Linux 6.4.
ssize_t write_without_waiting(int fd, std::string_view text) {
  pollfd polled{.fd = fd, .events = POLLOUT, .revents = 0};
  if (::poll(&polled, 1, 0) != 1) {
    errno = EAGAIN;
    return -1;
  }
  text = text.substr(0, PIPE_BUF);
  struct stat facts {};
  if (::fstat(fd, &facts) == 0 && S_ISFIFO(facts.st_mode)) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): writev(2) does not change it
    const iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    const ssize_t size = ::pwritev2(fd, &part, 1, -1, RWF_NOWAIT);
    if (size != -1 || errno != EOPNOTSUPP) {
      return size;
    }
  }
  return ::write(fd, text.data(), text.size());
}

/// @return 0, or the errno of what has failed
int try_to_write(int fd, std::string_view text, Wait wait) noexcept {
  // From the background the terminal would stop us: termios(3), TOSTOP. And a pipe may have lost its reader.
  const auto mask = exchange_signal_mask(SignalSet::all());
  int error = 0;
  while (!text.empty() && error == 0) {
    const ssize_t size = retry([&] {
      return wait == Wait::yes ? ::write(fd, text.data(), text.size()) : write_without_waiting(fd, text);
    });
    if (size == -1) {
      error = errno;
    } else {
      text.remove_prefix(static_cast<std::size_t>(size));
    }
  }
  if (error == EPIPE) {
    take_back(SIGPIPE);
  }
  if (mask) {
    exchange_signal_mask(*mask);
  }
  return error;
}

}  // namespace

bool write_text(int fd, std::string_view text, Wait wait) noexcept {
  return try_to_write(fd, text, wait) == 0;
}

void write_without_signal(int fd, std::string_view text) {
  if (const int error = try_to_write(fd, text, Wait::yes); error != 0) {
    throw_error(Syscall::write, error, "cannot write");
  }
}

}  // namespace pidns::sys
