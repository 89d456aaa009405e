#include "tracer.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace harness {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{60};  // far beyond what any step takes: only a hang gets there

void check(long result, const char* what) {
  if (result == -1) {
    throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  }
}

std::string call_name(long number) {
  struct Name {
    long number;
    const char* name;
  };
  static constexpr std::array names = std::to_array<Name>({
#include "system_call_names.inc"
  });
  for (const Name& known : names) {
    if (known.number == number) {
      return known.name;
    }
  }
  return "call " + std::to_string(number);
}

std::string read_string(pid_t pid, std::uint64_t address) {
  std::array<char, 256> buffer{};
  const iovec local{buffer.data(), buffer.size() - 1};
  const iovec remote{reinterpret_cast<void*>(address), buffer.size() - 1};  // NOLINT: in the other process
  ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  return buffer.data();
}

UniqueFd make_buffer(const char* name) {
  UniqueFd buffer(::memfd_create(name, MFD_CLOEXEC));
  check(buffer.get(), "memfd_create");
  return buffer;
}

std::string text_of(const UniqueFd& buffer) {
  return read_file("/proc/self/fd/" + std::to_string(buffer.get()));
}

/// Interrupts a waiting system call again and again.
class Ticks {
 public:
  explicit Ticks(std::chrono::microseconds interval) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, nullptr);
    set(interval);
  }
  Ticks(const Ticks&) = delete;
  Ticks& operator=(const Ticks&) = delete;
  ~Ticks() { set(std::chrono::microseconds(0)); }

 private:
  static void set(std::chrono::microseconds interval) {
    const timeval time{.tv_sec = 0, .tv_usec = interval.count()};
    const itimerval timer{.it_interval = time, .it_value = time};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }
};

/// Whether a signal comes from what the process itself has done, and would come again if it went on.
bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE;
}

class Tracer {
 public:
  Tracer(const std::vector<std::string>& command, const Setup& setup, const Observer& observer)
      : observer_(observer), out_(make_buffer("out")), err_(make_buffer("err")) {
    std::array<int, 2> gate{};
    check(::pipe2(gate.data(), O_CLOEXEC), "pipe2");
    const UniqueFd gate_out(gate[0]);
    UniqueFd gate_in(gate[1]);
    first_ = ::fork();
    check(first_, "fork");
    if (first_ == 0) {
      gate_in.reset();
      start(command, setup, gate_out);
    }
    constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
                             PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    check(::ptrace(PTRACE_SEIZE, first_, 0, options), "PTRACE_SEIZE");
    add(first_);
  }

  TracedResult run() {
    const Ticks ticks(std::chrono::milliseconds(observer_.meanwhile ? 1 : 500));
    while (const pid_t pid = next_event()) {
      if (WIFSTOPPED(status_)) {
        handle_stop(pid);
      } else {
        handle_end(pid);
      }
    }
    result_.out = text_of(out_);
    result_.err = text_of(err_);
    return result_;
  }

 private:
  struct Process {
    int index;
    bool held = false;
    std::string call = {};  // the one it is in
    long number = 0;
    std::uint64_t first_argument = 0;
    int error = 0;  // what that is to fail with
  };

  [[noreturn]] void start(const std::vector<std::string>& command, const Setup& setup, const UniqueFd& gate) {
    char go = 0;
    (void)!::read(gate.get(), &go, 1);  // ends when the tracer has attached and closes its end
    ::setpgid(0, 0);
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(out_.get(), STDOUT_FILENO);
    ::dup2(err_.get(), STDERR_FILENO);
    execute(command, setup);
  }

  void add(pid_t pid) {
    const auto index = static_cast<int>(processes_.size() + ended_);
    processes_.emplace(pid, Process{.index = index});
    indices_[std::to_string(pid)] = std::to_string(index);
  }

  /// Waits for a change of any process. @return its PID, or 0 when none is left
  pid_t next_event() {
    auto deadline = Clock::now() + patience;
    while (true) {
      const pid_t pid = ::waitpid(-1, &status_, __WALL);  // EINTR at every tick
      if (pid > 0) {
        return pid;
      }
      if (errno == ECHILD) {
        return 0;
      }
      if (observer_.meanwhile) {
        observer_.meanwhile(first_, text_of(out_));
      }
      if (Clock::now() > deadline) {
        kill_survivors();
        deadline = Clock::now() + patience;
      }
    }
  }

  void kill_survivors() {
    for (const pid_t pid : descendants_of(::getpid())) {
      if (process_state(pid) != 'Z') {
        ++result_.survivors;
        ::kill(pid, SIGKILL);
      }
    }
  }

  void handle_end(pid_t pid) {
    ended_ += processes_.erase(pid);
    if (pid == first_) {
      result_.ending = WIFEXITED(status_) ? ExitStatus{.killed = false, .value = WEXITSTATUS(status_)}
                                          : ExitStatus{.killed = true, .value = WTERMSIG(status_)};
      for (auto& [held, process] : processes_) {
        if (process.held) {
          process.held = false;
          resume(held);
        }
      }
    }
  }

  void handle_stop(pid_t pid) {
    if (!processes_.contains(pid)) {
      add(pid);
    }
    const int signal = WSTOPSIG(status_);
    const int event = status_ >> 16;
    if (signal == (SIGTRAP | 0x80)) {
      handle_call(pid);
    } else if (event == PTRACE_EVENT_EXEC) {
      handle_exec(pid);
    } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
      ::ptrace(PTRACE_LISTEN, pid, 0, 0);  // stopped by a signal, and stays so
      if (observer_.when_stopped) {
        observer_.when_stopped(pid);
      }
    } else if (event == 0 && is_fault(signal)) {
      // The kernel does not let a PID 1 that is traced die of it: force_sig_info_to_task() in
      // kernel/signal.c.
      forget(pid);
    } else {
      resume(pid, event == 0 ? signal : 0);
    }
  }

  void handle_exec(pid_t pid) {
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", ignored);
    if (!started_ && program == std::filesystem::canonical(pidns_binary())) {
      started_ = true;
    } else if (started_) {
      result_.executed = true;
      forget(pid);
      return;
    }
    resume(pid);
  }

  /// Lets a process run on without us.
  void forget(pid_t pid) {
    ended_ += processes_.erase(pid);
    ::ptrace(PTRACE_DETACH, pid, 0, 0);
  }

  /// Processes are named by their order, as their PIDs differ from run to run.
  [[nodiscard]] std::string name_processes(const std::string& path) const {
    std::filesystem::path named;
    for (const auto& part : std::filesystem::path(path)) {
      const auto known = indices_.find(part);
      named /= known == indices_.end() ? part.string() : "[" + known->second + "]";
    }
    return named;
  }

  /// What a descriptor stands for: `/proc/[1]/status`, `pipe`, `anon_inode:[signalfd]`.
  [[nodiscard]] std::string describe_file(pid_t pid, std::uint64_t fd) const {
    std::error_code ignored;
    const std::string link = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
    const std::string target = std::filesystem::read_symlink(link, ignored);
    const bool is_numbered = target.starts_with("pipe:") || target.starts_with("socket:");
    return is_numbered ? target.substr(0, target.find(':')) : name_processes(target);
  }

  [[nodiscard]] std::string describe_call(pid_t pid, const __ptrace_syscall_info& info) const {
    std::string name = call_name(static_cast<long>(info.entry.nr));
    const auto& arguments = info.entry.args;
    switch (info.entry.nr) {
      case SYS_openat:
      case SYS_openat2:
        return name + ' ' + name_processes(read_string(pid, arguments[1]));
      case SYS_read:
      case SYS_write:
      case SYS_getdents64:
      case SYS_newfstatat:
      case SYS_close:
        return name + ' ' + describe_file(pid, arguments[0]);
      case SYS_fcntl:
        return name + ' ' + std::to_string(arguments[1]) + ' ' + describe_file(pid, arguments[0]);
      case SYS_prctl:
      case SYS_rt_sigaction:
        return name + ' ' + std::to_string(arguments[0]);
      default:
        return name;
    }
  }

  void handle_call(pid_t pid) {
    Process& process = processes_.at(pid);
    __ptrace_syscall_info info{};
    if (!started_ || ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) {
      resume(pid);
      return;
    }
    const bool entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (entry) {
      process.call = describe_call(pid, info);
      process.number = static_cast<long>(info.entry.nr);
      process.first_argument = info.entry.args[0];
    } else if (process.error != 0) {
      end_failed_call(pid, process);
    }
    result_.processes = std::max(result_.processes, process.index + 1);
    const Verdict verdict = observer_.at_stop({.process = process.index,
                                               .pid = pid,
                                               .first = first_,
                                               .entry = entry,
                                               .number = process.number,
                                               .call = process.call,
                                               .executed = result_.executed});
    if (entry && verdict.error != 0) {
      process.error = verdict.error;
      begin_failed_call(pid, process);
    }
    process.held = verdict.hold && processes_.contains(first_);
    if (!process.held) {
      resume(pid);
    }
  }

  // A process that is killed meanwhile fails these with ESRCH, and its end is reported next.
  static void resume(pid_t pid, int signal = 0) { ::ptrace(PTRACE_SYSCALL, pid, 0, signal); }
  static void begin_failed_call(pid_t pid, const Process& process) {
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, pid, 0, &registers);
    if (process.number == SYS_brk) {
      registers.rdi = 0;  // brk(2) fails without errno: it returns the break as it is, as it does for 0
    } else {
      registers.orig_rax = static_cast<unsigned long long>(-1);
    }
    ::ptrace(PTRACE_SETREGS, pid, 0, &registers);
  }
  static void end_failed_call(pid_t pid, Process& process) {
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, pid, 0, &registers);
    if (process.number == SYS_brk) {
      registers.rdi = process.first_argument;
    } else {
      registers.rax = static_cast<unsigned long long>(-process.error);
    }
    ::ptrace(PTRACE_SETREGS, pid, 0, &registers);
    process.error = 0;
  }

  const Observer& observer_;
  UniqueFd out_;
  UniqueFd err_;
  pid_t first_ = 0;
  int status_ = 0;
  bool started_ = false;  // pidns has been executed
  std::map<pid_t, Process> processes_;
  std::size_t ended_ = 0;
  std::map<std::string, std::string> indices_{
      {std::to_string(::getpid()), "test"}};  // by PID, of ended ones too
  TracedResult result_;
};

}  // namespace

TracedResult run_traced(const std::vector<std::string>& command, const Setup& setup,
                        const Observer& observer) {
  return Tracer(command, setup, observer).run();
}

std::size_t count_startup_calls() {
  const auto record_calls = [](const std::vector<std::string>& command) {
    std::vector<std::string> calls;
    run_traced(command, {}, {.at_stop = [&](const Stop& stop) {
                 if (stop.entry) {
                   calls.push_back(stop.call);
                 }
                 return Verdict{};
               }});
    return calls;
  };
  const std::vector<std::string> one = record_calls(pidns({"--version"}));
  const std::vector<std::string> other = record_calls(pidns({"true"}));
  const auto end = std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first;
  return static_cast<std::size_t>(end - one.begin());
}

}  // namespace harness
