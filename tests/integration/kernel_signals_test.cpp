#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <map>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;

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

/// The command writes to a pipe whose reader exits after one line.
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

/// Sends SIGTERM to a program that catches it, once all that it has started waits: while it works, a handler
/// that allocates memory may abort it. @param name of the process @param waits of the last one to start
std::string terminate(const Command& command, const std::string& name, const std::string& waits) {
  const TemporaryDirectory directory;
  const std::string fifo = directory.path() + "/fifo.c";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  Running running(command, {.environment = {"GIT_ALLOW_PROTOCOL=ext"}, .directory = directory.path()});
  const auto find = [&](const std::string& program) {
    return status_field(running.pid(), "Name") == program ? running.pid()
                                                          : find_descendant(running.pid(), program);
  };
  std::vector<std::string> looks;
  const auto is_ready = [&] {
    const pid_t pid = find(name);
    return pid != 0 && find(waits) != 0 && signal_field(pid, "SigCgt").contains(SIGTERM) &&
           has_slept(running.pid(), looks);
  };
  wait_until(name + " to catch SIGTERM", is_ready);
  running.send(SIGTERM);
  const std::string ending = to_text(running.wait_for_end());
  UniqueFd(::open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));  // what they have left behind ends
  return ending;
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
  const Command writer{"sh", "-c", "i=0; while [ $i -lt 600000 ]; do echo x; i=$((i + 1)); done; exit 9"};
  const std::string direct = to_text(run(without_reader(writer)));
  CHECK(direct == "x\nexited with 141\n");
  CHECK(to_text(run(without_reader(in_pidns(writer)))) == direct);
  CHECK(to_text(run(without_reader(as_pid_1(writer)))) == "x\nexited with 9\n");
}

TEST_CASE("real programs that clean up and raise the signal again die of it", "[signals]") {
  Comparison comparison("SIGTERM to real programs");
  struct Program {
    std::string name;
    std::string waits;
    Command command;
  };
  const std::vector<Program> programs{
      {"sort", "sort", {"sort", "--buffer-size=1k", "-T", ".", "-"}},
      {"git", "cat", {"git", "clone", "-q", "ext::cat fifo.c", "clone"}},
      {"gcc", "cc1", {"gcc", "-c", "fifo.c"}},  // the FIFO has no writer yet
  };
  for (const auto& [name, waits, command] : programs) {
    const std::string direct = terminate(command, name, waits);
    CHECK(direct == "killed by 15\n");
    comparison.add(name, direct, terminate(in_pidns(command), name, waits));
  }
}

TEST_CASE("the command dumps core as without pidns, and pidns does not", "[signals]") {
  // Where a core goes is the machine's to say: core(5). The wait status tells whether the process has dumped
  // one.
  const auto observe = [](const Command& command) {
    const TemporaryDirectory directory;
    Command words{"python3", "-c", R"(
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
status = os.waitpid(pid, 0)[1]
print('killed by', os.WTERMSIG(status), 'dumped' if os.WCOREDUMP(status) else 'not dumped'))"};
    words.insert(words.end(), command.begin(), command.end());
    const Result result = run(words, {.directory = directory.path()});
    std::size_t cores = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
      cores += entry.path().filename().string().starts_with("core") ? 1U : 0U;
    }
    return result.out + std::to_string(cores) + " cores\n";
  };
  const Command fault{"python3", "-c", "import ctypes; ctypes.string_at(0)"};
  std::string expected = observe(fault);
  REQUIRE(expected.starts_with("killed by 11 dumped\n"));
  expected.replace(expected.find(" dumped"), 1, " not ");
  for (const Form& form : forms()) {
    CHECK(observe(form.wrap(fault)) == expected);
  }
}
