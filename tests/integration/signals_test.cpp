#include "pidns/signals.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

#include "harness.hpp"

using namespace harness;
using ::pidns::SignalSet;

namespace {

constexpr std::uint64_t payload = 0x1122334455667788;

using Command = std::vector<std::string>;

Command probe(const std::string& use, int signal, const std::string& also = {}) {
  const auto directory = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  Command command{directory / "signal_probe", use, std::to_string(signal)};
  if (!also.empty()) {
    command.push_back(also);
  }
  return command;
}

int fence_of(int signal) {
  return signal == 64 ? 63 : 64;  // as in signal_probe.cpp
}

std::vector<int> catchable_signals() {
  std::vector<int> signals;
  for (int signal = 1; signal <= 64; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) {
      signals.push_back(signal);
    }
  }
  return signals;
}

bool stops(int signal) {
  return pidns::default_action(signal) == pidns::DefaultAction::stop;
}
bool kills(int signal) {
  return pidns::default_action(signal) == pidns::DefaultAction::terminate;
}
bool uses_default(const std::string& use) {
  return use == "default" || use == "unblocks" || use == "thread-default";
}
/// Whether the probe tells that the signal came.
bool takes(const std::string& use) {
  return use != "ignore" && !uses_default(use);
}

// glibc refuses signals 32 and 33 here and there, so these go to the kernel.

void change_mask(int how, SignalSet signals) {
  const std::uint64_t bits = signals.bits();
  ::syscall(SYS_rt_sigprocmask, how, &bits, nullptr, sizeof bits);
}

[[maybe_unused]] void ignore(int signal) {
  const struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    std::uint64_t mask;
  } action{SIG_IGN, 0, nullptr, 0};
  ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
}

/// @return false when too many are queued already
bool queue_signal(pid_t pid, int signal, std::uint64_t value) {
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_ptr = reinterpret_cast<void*>(value);
  return ::syscall(SYS_rt_sigqueueinfo, pid, signal, &info) == 0;
}

enum class Method { kill, queue, tgkill, before_exec };

std::string name_of(Method method) {
  constexpr std::array names{"kill", "sigqueue", "tgkill", "pending before exec"};
  return names.at(static_cast<std::size_t>(method));
}

void send(Method method, pid_t pid, int signal) {
  switch (method) {
    case Method::kill:
      ::kill(pid, signal);
      break;
    case Method::queue:
    case Method::before_exec:
      queue_signal(pid, signal, payload);
      break;
    case Method::tgkill:
      ::syscall(SYS_tgkill, pid, pid, signal);
      break;
  }
}

SignalSet signal_field(pid_t pid, std::string_view key) {
  const std::string value = status_field(pid, key);
  return SignalSet(value.empty() ? 0 : std::stoull(value, nullptr, 16));
}

/// Waits until a process has taken a signal that was sent to it, or has ended.
void wait_until_taken(pid_t pid, int signal) {
  wait_until("signal " + std::to_string(signal) + " to be taken", [&] {
    const SignalSet pending = signal_field(pid, "ShdPnd") | signal_field(pid, "SigPnd");
    const char state = process_state(pid);
    return !pending.contains(signal) || state == 'Z' || state == '\0';
  });
}

/// Waits until a child stops or ends. @return what stopped it
std::string wait_for_stop(pid_t pid) {
  siginfo_t info{};
  wait_until("a stop", [&] {
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
  });
  return info.si_code == CLD_STOPPED ? "stopped by " + std::to_string(info.si_status) + "\n"
                                     : "not stopped\n";
}

std::string to_text(const Ending& ending) {
  return (ending.killed ? "killed by " : "exited with ") + std::to_string(ending.value) + "\n";
}

/// The cases that are run directly and under pidns, and compared.
class Comparison {
 public:
  ~Comparison() { std::cout << title_ << ": " << cells_ << " cells, " << equal_ << " equal\n"; }
  explicit Comparison(std::string title) : title_(std::move(title)) {}

  void add(const std::string& cell, const std::string& direct, const std::string& inside) {
    INFO(title_ << ": " << cell);
    CHECK(inside == direct);
    ++cells_;
    equal_ += inside == direct ? 1 : 0;
  }
  [[nodiscard]] int cells() const { return cells_; }

 private:
  std::string title_;
  int cells_ = 0;
  int equal_ = 0;
};

using Wrapper = std::function<Command(Command)>;

Command directly(Command command) {
  return command;
}
Command in_pidns(Command command) {
  return harness::pidns(std::move(command));
}
[[maybe_unused]] Command in_pidns_as_nobody(Command command) {
  return as_nobody(in_pidns(std::move(command)));
}

struct Cell {
  Method method;
  std::string use;
  int signal;

  [[nodiscard]] std::string name() const {
    return name_of(method) + ", " + use + ", signal " + std::to_string(signal);
  }
};

/// Runs the probe, sends it one signal, and tells everything that came of it.
std::string observe(const Cell& cell, const Wrapper& wrap) {
  Setup setup;
  if (cell.method == Method::before_exec) {
    setup.before_exec = [&cell] {
      change_mask(SIG_BLOCK, SignalSet::of(cell.signal));
      send(cell.method, ::getpid(), cell.signal);
    };
  }
  Running running(wrap(probe(cell.use, cell.signal)), setup);
  running.wait_for_output("ready\n");
  if (cell.method != Method::before_exec) {
    send(cell.method, running.pid(), cell.signal);
  }
  std::string stop;
  if (uses_default(cell.use) && stops(cell.signal)) {
    stop = wait_for_stop(running.pid());
    running.send(SIGCONT);
  }
  if (takes(cell.use)) {
    running.wait_for_output("got ");
  }
  if (!uses_default(cell.use) || !kills(cell.signal)) {
    // The signal was taken before the fence, so whatever came of it has come when the fence does.
    wait_until_taken(running.pid(), cell.signal);
    running.send(fence_of(cell.signal));
  }
  const Result result = running.finish();
  return stop + result.out + result.err + to_text(result.ending);
}

/// What a cell must look like under pidns, given how it looks directly. The kernel lets nobody send a signal
/// as tgkill(2) but tgkill(2) itself, and that names a thread: what is sent on is as from kill(2).
std::string expected(const Cell& cell, std::string direct) {
  const std::string code = "code " + std::to_string(SI_TKILL) + " ";
  const std::size_t position = direct.find(code);
  if (cell.method == Method::tgkill && position != std::string::npos) {
    direct.replace(position, code.size(), "code 0 ");
  }
  return direct;
}

void compare(Comparison& comparison, const Cell& cell, const Wrapper& direct, const Wrapper& inside) {
  const std::string name = cell.name();
  INFO(name);
  comparison.add(name, expected(cell, observe(cell, direct)), observe(cell, inside));
}

const std::vector<std::string> uses{"handler", "ignore", "wait", "signalfd", "default", "unblocks"};

}  // namespace

TEST_CASE("every signal does to the command what it does to it without pidns", "[signals]") {
  Comparison comparison("signals");
  for (const Method method : {Method::kill, Method::queue, Method::tgkill, Method::before_exec}) {
    for (const std::string& use : uses) {
      for (const int signal : catchable_signals()) {
        compare(comparison, {method, use, signal}, directly, in_pidns);
      }
    }
  }
  CHECK(comparison.cells() == 4 * 6 * 62);
}
