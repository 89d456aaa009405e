/// A command for the signal tests: does one thing with one signal and tells on stdout what came of it. Talks
/// to the kernel itself where glibc would hide signals 32 and 33.
///
///   signal_probe USE SIGNAL [read|write|leave]
///     USE: handler ignore default inherit wait signalfd unblocks thread-wait thread-handler thread-default
///     read, write: touch the terminal once before waiting for the signal; leave: exit at the end of stdin
///   signal_probe lead KEYS|resize|hang-up|background COMMAND...
///     be the shell of a job on a new terminal, and press KEYS or do that at each line of stdin
///
/// Another signal, the fence, ends the probe with status 42 and tells how often the first one came.

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr int ending_status = 42;

/// struct sigaction as the kernel has it.
struct KernelAction {
  std::uintptr_t handler;
  unsigned long flags;
  void (*restorer)();
  std::uint64_t mask;
};

constexpr std::uint64_t bit(int signal) {
  return std::uint64_t{1} << (signal - 1);
}

int fence_of(int signal) {
  return signal == 64 ? 63
                      : 64;  // delivered after the signal when both are pending, or not sent before it came
}

void set_handler(int signal, int fence, void (*handler)(int, siginfo_t*, void*)) {
  // On some machines a handler needs a way back that only libc has: let it set one up and borrow that.
  struct sigaction lender {};
  lender.sa_handler = [](int) {};
  ::sigaction(fence, &lender, nullptr);
  KernelAction action{};
  ::syscall(SYS_rt_sigaction, fence, nullptr, &action, sizeof action.mask);
  action.handler = reinterpret_cast<std::uintptr_t>(handler);
  action.flags |= SA_SIGINFO;
  action.mask = ~std::uint64_t{0};  // so that the handler of the fence runs after the others
  ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
}

void set_default(int signal) {
  KernelAction action{};
  ::syscall(SYS_rt_sigaction, signal, nullptr, &action, sizeof action.mask);
  if (action.handler != 0) {  // to set it, even if it is set, would throw a pending SIGCHLD away
    action = {};
    ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
  }
}

void set_ignored(int signal) {
  KernelAction action{};
  action.handler = reinterpret_cast<std::uintptr_t>(SIG_IGN);
  ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
}

void change_mask(int how, int signal) {
  const std::uint64_t bits = bit(signal);
  ::syscall(SYS_rt_sigprocmask, how, &bits, nullptr, sizeof bits);
}

bool is_pending(int signal) {
  std::uint64_t bits = 0;
  ::syscall(SYS_rt_sigpending, &bits, sizeof bits);
  return (bits & bit(signal)) != 0;
}

/// @return whether one was taken
bool take(int signal, siginfo_t& info, const timespec* timeout) {
  const std::uint64_t bits = bit(signal);
  return ::syscall(SYS_rt_sigtimedwait, &bits, &info, timeout, sizeof bits) == signal;
}

// What the handlers share with the rest.
volatile int count = 0;
volatile int signal_in_use = 0;
volatile bool waits = false;

/// One write(2), so that a handler may call it.
template <typename... Values>
void say(const char* format, Values... values) {
  std::array<char, 200> text{};
  const int size = std::snprintf(text.data(), text.size(), format, values...);
  if (::write(STDOUT_FILENO, text.data(), static_cast<std::size_t>(size)) != size) {
    ::_exit(1);
  }
}

void note(int signal, int code, std::uint64_t payload) {
  count = count + 1;
  say("got %d code %d payload %llx\n", signal, code, static_cast<unsigned long long>(payload));
}

void note(const siginfo_t& info) {
  const void* payload = info.si_code == SI_QUEUE ? info.si_value.sival_ptr : nullptr;
  note(info.si_signo, info.si_code, reinterpret_cast<std::uintptr_t>(payload));
}

void count_signal(int, siginfo_t* info, void*) {
  note(*info);
}

void end_at_fence(int, siginfo_t*, void*) {
  siginfo_t info{};
  const timespec now{};
  while (waits && take(signal_in_use, info, &now)) {  // what came and was not yet waited for
    note(info);
  }
  say("end count %d\n", count);
  ::_exit(ending_status);
}

[[noreturn]] void wait_for_fence() {
  while (true) {
    ::pause();
  }
}

[[noreturn]] void take_all(int signal) {
  while (true) {
    siginfo_t info{};
    if (take(signal, info, nullptr)) {
      note(info);
    }
  }
}

[[noreturn]] void read_all_from_signalfd(int signal) {
  const std::uint64_t bits = bit(signal);
  const auto fd = static_cast<int>(::syscall(SYS_signalfd4, -1, &bits, sizeof bits, 0));
  while (true) {
    signalfd_siginfo info{};
    if (::read(fd, &info, sizeof info) == sizeof info) {
      note(static_cast<int>(info.ssi_signo), info.ssi_code, info.ssi_code == SI_QUEUE ? info.ssi_ptr : 0);
    }
  }
}

/// What comes of the terminal when the probe touches it, in the background.
void touch_terminal(std::string_view how) {
  const int tty = ::open("/dev/tty", O_RDWR);
  std::array<char, 16> buffer{};
  const ssize_t size =
      how == "read" ? ::read(tty, buffer.data(), buffer.size()) : ::write(tty, buffer.data(), 1);
  const char* error = size >= 0 ? "none" : errno == EIO ? "EIO" : errno == EINTR ? "EINTR" : "other";
  say("%s %zd error %s\n", how == "read" ? "read" : "wrote", size, error);
}

void set_disposition(std::string_view use, int signal) {
  if (use == "handler" || use == "thread-handler") {
    set_handler(signal, fence_of(signal), count_signal);
  } else if (use == "ignore") {
    set_ignored(signal);
  } else if (use != "inherit") {
    set_default(signal);
  }
  if (signal == SIGCONT) {
    set_ignored(SIGHUP);  // which comes with the SIGCONT of a terminal that hangs up
  }
}

/// Starts the second thread, in which the signal is not blocked or is waited for.
void start_thread(int signal) {
  std::atomic<bool> ready = false;
  std::thread([&ready, signal] {
    if (!waits) {
      change_mask(SIG_UNBLOCK, signal);
    }
    ready = true;
    if (waits) {
      take_all(signal);
    }
    wait_for_fence();
  }).detach();
  while (!ready) {
    std::this_thread::yield();
  }
}

void wait_for_end_of_stdin() {
  std::array<char, 16> buffer{};
  ssize_t size = 1;
  while (size > 0 || (size == -1 && errno == EINTR)) {
    size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  }
}

int use_signal(std::string_view use, int signal, std::string_view also) {
  signal_in_use = signal;
  waits = use == "wait" || use == "signalfd" || use == "thread-wait";
  const int fence = fence_of(signal);
  change_mask(SIG_BLOCK, fence);
  if (use != "inherit") {
    change_mask(SIG_BLOCK, signal);
  }
  set_disposition(use, signal);
  set_handler(fence, fence, end_at_fence);
  if (use.starts_with("thread-")) {
    start_thread(signal);
  }
  say("%s\n", "ready");
  change_mask(SIG_UNBLOCK, fence);
  if (use == "handler" || use == "ignore" || use == "default") {
    change_mask(SIG_UNBLOCK, signal);  // it may be pending already
  }
  if (also == "leave") {
    wait_for_end_of_stdin();
    return ending_status;
  }
  if (!also.empty()) {
    touch_terminal(also);
  }
  if (use == "wait") {
    take_all(signal);
  }
  if (use == "signalfd") {
    read_all_from_signalfd(signal);
  }
  if (use == "unblocks") {
    while (!is_pending(signal)) {
      std::this_thread::yield();
    }
    change_mask(SIG_UNBLOCK, signal);
  }
  wait_for_fence();
}

void report_change(int status) {
  if (WIFSTOPPED(status)) {
    say("stopped by %d\n", WSTOPSIG(status));
  } else if (WIFSIGNALED(status)) {
    say("killed by %d\n", WTERMSIG(status));
  } else {
    say("exited with %d\n", WEXITSTATUS(status));
  }
}

/// The leader of a session on the terminal on its stdin, with one job whose stdout is not the terminal.
[[noreturn]] void be_shell(bool background, char** command, int out) {
  ::dup2(out, STDOUT_FILENO);
  ::signal(SIGTTOU, SIG_IGN);
  termios settings{};
  ::tcgetattr(STDIN_FILENO, &settings);
  settings.c_lflag |= TOSTOP;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  const pid_t job = ::fork();
  if (job == 0) {
    ::setpgid(0, 0);
    if (!background) {
      ::tcsetpgrp(STDIN_FILENO, ::getpid());
    }
    ::signal(SIGTTOU, SIG_DFL);
    say("job %d\n", ::getpid());
    ::execv(command[0], command);
    ::_exit(1);
  }
  ::setpgid(job, job);
  int status = 0;
  while (::waitpid(job, &status, WUNTRACED) == job) {
    if (WIFSTOPPED(status)) {  // and then do as fg
      ::tcsetpgrp(STDIN_FILENO, job);
      report_change(status);
      ::kill(-job, SIGCONT);
    } else {
      report_change(status);
      ::_exit(0);
    }
  }
  ::_exit(1);
}

/// Types, and waits until the terminal has taken it: it echoes a key after it has sent the signal of that
/// key.
void type(int master, const std::string& keys) {
  std::array<char, 64> echo{};
  if (::write(master, keys.data(), keys.size()) == -1 || ::read(master, echo.data(), echo.size()) == -1) {
    ::_exit(1);
  }
}

/// Makes the terminal, and does to it what `action` says whenever a line comes on stdin.
int lead(const std::string& action, char** command) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // the job of a shell that was hung up is ours
  int master = -1;
  const int out = ::dup(STDOUT_FILENO);
  const pid_t shell = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (shell == 0) {
    be_shell(action == "background", command, out);
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    if (action == "resize") {
      const winsize size{.ws_row = 10, .ws_col = 10, .ws_xpixel = 0, .ws_ypixel = 0};
      ::ioctl(master, TIOCSWINSZ, &size);
    } else if (action == "hang-up") {
      ::close(master);
      ::waitpid(shell, nullptr, 0);
    } else {
      type(master, action == "background" ? "x\r" : action);
    }
    say("%s\n", "done");
  }
  int status = 0;
  pid_t ended = ::wait(&status);
  while (ended > 0) {
    if (ended != shell) {
      report_change(status);
    }
    ended = ::wait(&status);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string use = argc > 1 ? argv[1] : "";
  if (use == "lead") {
    return lead(argv[2], argv + 3);
  }
  return use_signal(use, std::atoi(argv[2]), argc > 3 ? argv[3] : "");
}
