#include <catch2/catch.hpp>
#include <csignal>
#include <map>

#include "signal_tools.hpp"

using namespace harness;
using namespace signal_tools;
using ::pidns::SignalSet;

namespace {

/// A command that a signal ends, and that exits with 9 if it has no effect.
struct Ending {
  std::string name;
  Command command;
  std::string as_pid_1;  ///< what comes of it where the kernel drops the signal; empty: the same
};

std::string expiring(const std::string& timer) {
  return "import signal as s\ns.setitimer(s." + timer + ", .01)\nwhile s.getitimer(s." + timer +
         ")[0]: pass\nexit(9)";
}

/// Both write to a pipe that has lost its reader.
Command without_reader(const Command& command) {
  Command words{"bash", "-c", R"("$@" 2>/dev/null | head -1; exit ${PIPESTATUS[0]})", "bash"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

const std::vector<Ending>& endings() {
  static const std::string lived = "exited with 9\n";
  static const std::vector<Ending> all{
      {"SIGALRM of a timer", {"python3", "-c", expiring("ITIMER_REAL")}, lived},
      {"SIGVTALRM of a timer", {"python3", "-c", expiring("ITIMER_VIRTUAL")}, lived},
      {"SIGPROF of a timer", {"python3", "-c", expiring("ITIMER_PROF")}, lived},
      {"SIGXCPU of RLIMIT_CPU",
       {"python3", "-c", R"(
import resource, time
resource.setrlimit(resource.RLIMIT_CPU, (1, 3))
while time.process_time() < 1.5: pass
exit(9))"},
       lived},
      {"SIGXFSZ of RLIMIT_FSIZE", {"bash", "-c", "ulimit -f 0; echo x >file; exit 9"}, lived},
      {"SIGSEGV of a fault", {"python3", "-c", "import ctypes; ctypes.string_at(0)"}, {}},
      {"SIGFPE of a fault", {"bash", "-c", "kill -FPE $$; exit 9"}, lived},
      {"a signal to itself", {"sh", "-c", "kill -TERM $$; exit 9"}, lived},
      {"SIGKILL to itself", {"sh", "-c", "kill -KILL $$; exit 9"}, lived},
      {"abort", {"python3", "-c", "import os; os.abort()"}, "killed by 11\n"},
      {"a shell that catches a signal and raises it again",
       {"bash", "-c", "trap 'trap - TERM; kill -TERM $$; exit 9' TERM; kill -TERM $$; sleep 1000"},
       lived},
      {"a program that catches a signal and raises it again",
       {"python3", "-c", R"(
import os, signal
def again(number, frame):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
signal.signal(signal.SIGINT, again)
os.kill(os.getpid(), signal.SIGINT)
exit(9))"},
       lived},
  };
  return all;
}

/// Runs it without a core file.
std::string observe(const Command& command) {
  Command words{"sh", "-c", R"(ulimit -c 0; exec "$@")", "sh"};
  words.insert(words.end(), command.begin(), command.end());
  const TemporaryDirectory directory;
  return to_text(run(words, {.directory = directory.path()}).ending);
}

pid_t find_descendant(pid_t pid, const std::string& name) {
  for (const pid_t found : descendants_of(pid)) {
    if (status_field(found, "Name") == name) {
      return found;
    }
  }
  return 0;
}

/// Sends SIGTERM to a program once it catches that. @param name of the process
std::string terminate(const Command& command, const std::string& name) {
  const TemporaryDirectory directory;
  Running running(command, {.environment = {"GIT_ALLOW_PROTOCOL=ext"}, .directory = directory.path()});
  const auto is_ready = [&] {
    const pid_t pid =
        status_field(running.pid(), "Name") == name ? running.pid() : find_descendant(running.pid(), name);
    const std::string caught = pid == 0 ? "" : status_field(pid, "SigCgt");
    return !caught.empty() && SignalSet(std::stoull(caught, nullptr, 16)).contains(SIGTERM);
  };
  wait_until(name + " to catch SIGTERM", is_ready);
  running.send(SIGTERM);
  return to_text(running.wait_for_end());
}

}  // namespace

TEST_CASE("signals that the kernel makes and that a command sends itself end it", "[signals]") {
  Comparison comparison("signals of the kernel and to itself");
  for (const auto& [name, command, as_pid_1_instead] : endings()) {
    const std::string direct = observe(command);
    comparison.add(name, direct, observe(in_pidns(command)));
    INFO(name << " as PID 1");
    const std::string inside = observe(as_pid_1(command));
    if (as_pid_1_instead.empty()) {
      CHECK(inside == direct);
    } else {
      CHECK(direct != inside);
      CHECK(inside == as_pid_1_instead);
    }
  }
}

TEST_CASE("a writer whose reader has gone dies of SIGPIPE unless it is PID 1", "[signals]") {
  const Command writer{"sh", "-c", "i=0; while [ $i -lt 100000 ]; do echo x; i=$((i + 1)); done; exit 9"};
  const std::string direct = to_text(run(without_reader(writer)));
  CHECK(direct == "x\nexited with 141\n");
  CHECK(to_text(run(without_reader(in_pidns(writer)))) == direct);
  CHECK(to_text(run(without_reader(as_pid_1(writer)))) == "x\nexited with 9\n");
}

TEST_CASE("real programs that clean up and raise the signal again die of it", "[signals]") {
  Comparison comparison("SIGTERM to real programs");
  const std::vector<std::pair<std::string, Command>> programs{
      {"sort", {"sort", "--buffer-size=1k", "-T", ".", "-"}},
      {"git", {"git", "clone", "-q", "ext::sleep 1000", "clone"}},
  };
  for (const auto& [name, command] : programs) {
    const std::string direct = terminate(command, name);
    CHECK(direct == "killed by 15\n");
    comparison.add(name, direct, terminate(in_pidns(command), name));
  }
}
