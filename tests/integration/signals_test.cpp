#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;
using ::pidns::SignalSet;

namespace {

enum class Method { kill, queue, tgkill, before_exec };

struct Cell {
  Method method;
  std::string use;
  int signal;
};

std::string name_of(const Cell& cell) {
  constexpr std::array methods{"kill", "sigqueue", "tgkill", "pending before exec"};
  return std::string(methods.at(static_cast<std::size_t>(cell.method))) + ", " + cell.use + ", signal " +
         std::to_string(cell.signal);
}

void send(Method method, pid_t pid, int signal) {
  constexpr std::uint64_t payload = 0x1122334455667788;
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

bool uses_default(const std::string& use) {
  return use == "default" || use == "unblocks" || use == "thread-default";
}
/// Whether the probe tells that the signal came.
bool takes(const std::string& use) {
  return use != "ignore" && !uses_default(use);
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
    // The signal was taken before the fence is sent, so what comes of it has come when the fence does.
    wait_until_taken(running.pid(), cell.signal);
    running.send(fence_of(cell.signal));
  }
  return stop + to_text(running.finish());
}

/// What a cell must look like under pidns, given how it looks directly. Only tgkill(2) itself can send a
/// signal with its si_code, and it has named a thread of pidns. So the signal is passed on as if kill(2) had
/// sent it.
std::string expected(const Cell& cell, std::string direct) {
  const std::string code = "code " + std::to_string(SI_TKILL) + " ";
  const std::size_t position = direct.find(code);
  if (cell.method == Method::tgkill && position != std::string::npos) {
    direct.replace(position, code.size(), "code " + std::to_string(SI_USER) + " ");
  }
  return direct;
}

void compare(Comparison& comparison, const Cell& cell, const Wrapper& direct, const Wrapper& inside) {
  const std::string name = name_of(cell);
  INFO(name);
  comparison.add(name, expected(cell, observe(cell, direct)), observe(cell, inside));
}

const std::vector<std::string> uses{"handler", "ignore", "wait", "signalfd", "default", "unblocks"};
const std::vector<std::string> thread_uses{"thread-wait", "thread-handler", "thread-default"};

/// A signal that the terminal sends, what makes it send it, and what the probe does with the terminal.
struct TerminalSignal {
  int signal;
  std::string action;
  std::string also = {};
};

const std::vector<TerminalSignal> terminal_signals{
    {SIGINT, "\x03"},
    {SIGQUIT, "\x1c"},
    {SIGTSTP, "\x1a"},
    {SIGHUP, "hang-up"},
    {SIGCONT, "hang-up"},
    {SIGWINCH, "resize"},
    {SIGTTIN, "background", "read"},
    {SIGTTOU, "background", "write"},
};

pid_t job_in(const std::string& text) {
  return std::stoi(text.substr(text.find("job ") + 4));
}

/// What differs between any two runs is left out: the PID, and when the terminal was done with it.
std::string without_job_lines(const std::string& text) {
  std::string rest;
  for (const std::string& line : lines(text)) {
    if (!line.starts_with("job ") && line != "done") {
      rest += line + "\n";
    }
  }
  return rest;
}

/// Runs the probe as the job of a shell on a terminal and lets the terminal send the signal.
std::string observe_terminal(const std::string& use, const TerminalSignal& cell, const Wrapper& wrap) {
  Command command{probe("lead", cell.signal).front(), "lead", cell.action};
  const Command job_command = wrap(probe(use, cell.signal, cell.also));
  command.insert(command.end(), job_command.begin(), job_command.end());
  Running running(command);
  const pid_t job = job_in(running.wait_for_output("ready\n"));
  const bool stopped = uses_default(use) && stops(cell.signal);  // and the shell continues it
  if (cell.also.empty()) {
    running.write("\n");
    running.wait_for_output(takes(use) ? "got " : stopped ? "stopped by " : "done\n");
  } else {
    if (stopped) {
      running.wait_for_output("stopped by ");
      running.write("\n");  // something to read
    }
    running.wait_for_output(" error ");
  }
  if (!uses_default(use) || !kills(cell.signal)) {
    wait_until_taken(job, cell.signal);
    ::kill(job, fence_of(cell.signal));
  }
  return without_job_lines(to_text(running.finish()));
}

/// Sends each signal to each probe.
void compare_all(Comparison& comparison, Method method, const Wrapper& direct, const Wrapper& inside) {
  for (const std::string& use : uses) {
    for (const int signal : catchable_signals()) {
      compare(comparison, {method, use, signal}, direct, inside);
    }
  }
}

}  // namespace

TEST_CASE("every signal does to the command what it does to it without pidns", "[signals]") {
  for (const auto& [options, wrap] : forms()) {
    Comparison comparison("signals " + options);
    for (const Method method : {Method::kill, Method::queue, Method::tgkill, Method::before_exec}) {
      compare_all(comparison, method, directly, wrap);
    }
    CHECK(comparison.cells() == 4 * 6 * 62);
  }
}

TEST_CASE("the threads of the command take every signal as without pidns", "[signals]") {
  for (const auto& [options, wrap] : forms()) {
    Comparison comparison("signals to a command with two threads " + options);
    // Not tgkill(2): it names a thread of pidns, which cannot be one of the command. And not 32 and 33, which
    // glibc keeps for itself in a program with threads.
    for (const Method method : {Method::kill, Method::queue}) {
      for (const std::string& use : thread_uses) {
        for (const int signal : catchable_signals()) {
          if (signal != 32 && signal != 33) {
            compare(comparison, {method, use, signal}, directly, wrap);
          }
        }
      }
    }
    CHECK(comparison.cells() == 2 * 3 * 60);
  }
}

TEST_CASE("every signal does to the command of nobody what it does to it without pidns", "[signals]") {
  const Wrapper nobody_as_pid_1 = [](Command command) {
    return pidns_as_nobody(with_steps(std::move(command)));
  };
  for (const Wrapper& wrap : {Wrapper(pidns_as_nobody), nobody_as_pid_1}) {
    Comparison comparison("signals as nobody");
    compare_all(comparison, Method::kill, as_nobody, wrap);
    CHECK(comparison.cells() == 6 * 62);
  }
}

TEST_CASE("every signal reaches the command through two pidns", "[signals]") {
  for (const auto& [options, wrap] : forms()) {
    Comparison comparison("signals through two pidns " + options);
    const Wrapper twice = [&once = wrap](Command command) { return once(once(std::move(command))); };
    const bool inner_is_pid_1 = !options.empty();  // and can neither stop nor die of its own signal
    for (const std::string& use : uses) {
      for (const int signal : catchable_signals()) {
        const Cell cell{Method::queue, use, signal};
        if (inner_is_pid_1 && uses_default(use) && stops(signal)) {
          continue;
        }
        INFO(name_of(cell));
        // It exits as a shell would instead, and the outer pidns dies of the signal.
        comparison.add(name_of(cell), observe(cell, directly), observe(cell, twice));
      }
    }
    CHECK(comparison.cells() == 6 * 62 - (inner_is_pid_1 ? 2 * 3 : 0));
  }
}

TEST_CASE("every signal of the terminal does to the command what it does to it without pidns", "[signals]") {
  for (const auto& [options, wrap] : forms()) {
    Comparison comparison("signals of the terminal " + options);
    for (const TerminalSignal& cell : terminal_signals) {
      for (const std::string& use : uses) {
        if (use == "unblocks" && !cell.also.empty()) {
          continue;  // the terminal does not send SIGTTIN or SIGTTOU to a process that blocks it: termios(3)
        }
        const std::string name = use + ", signal " + std::to_string(cell.signal);
        INFO(name);
        comparison.add(name, observe_terminal(use, cell, directly), observe_terminal(use, cell, wrap));
      }
    }
    CHECK(comparison.cells() == 6 * 6 + 2 * 5);
  }
}

TEST_CASE("signals do the same where proc is that of another PID namespace", "[signals][unsanitized]") {
  Running other(as_pid_1({"sh", "-c", "echo ready; read line"}));
  other.wait_for_output("ready\n");
  const pid_t init = harness::children_of(other.pid()).at(0);
  const auto there = [&](Command command) {
    const Command enter{"nsenter", "--mount", "--target", std::to_string(init)};
    command.insert(command.begin(), enter.begin(), enter.end());
    return command;
  };
  for (const Form& form : forms()) {
    Comparison comparison("in the mounts of another PID namespace " + form.options);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
      for (const std::string use : {"default", "handler"}) {
        const std::string name = use + ", signal " + std::to_string(signal);
        INFO(name);
        const auto observe = [&](const Wrapper& wrap) {
          Running running(there(wrap(probe(use, signal))));
          running.wait_for_output("ready\n");
          running.send(signal);
          if (use == "handler") {
            running.wait_for_output("got ");
            running.send(fence_of(signal));
          }
          return to_text(running.finish());
        };
        comparison.add(name, observe(directly), observe(form.wrap));
      }
    }
  }
}

TEST_CASE("the command goes on when pidns has no descriptor left to look at it", "[signals]") {
  // The smallest limit that a launch can do with. What the test itself has inherited counts too.
  const std::string limited = R"(
n=6
until (ulimit -n $n; "$0" true) 2>/dev/null; do n=$((n + 1)); done
ulimit -n $n
exec "$0" "$@")";
  Running running({"sh", "-c", limited, pidns_binary(), "sh", "-c",
                   "trap 'echo got; exit 7' WINCH; echo ready; sleep 1000 & while :; do wait; done"});
  running.wait_for_output("ready\n");
  running.send(SIGWINCH);
  const Result result = running.finish();
  CHECK(result.out == "ready\ngot\n");
  CHECK(result.err.empty());
  CHECK(result.status() == 7);
}
