#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "support/catch.hpp"
#include "tracer.hpp"

using namespace harness;

namespace {

/// For a test that runs alone: waits until every process that it has inherited has ended.
void reap_all() {
  wait_until("the end of every process", [] {
    pid_t pid = 0;
    do {
      pid = ::waitpid(-1, nullptr, WNOHANG);
    } while (pid > 0);
    return pid == -1 && errno == ECHILD;
  });
}

struct Scene {
  std::string name;
  std::vector<std::string> command;
};

/// A command that ends only if it is killed, started in every way that makes a difference to how pidns starts
/// it.
std::vector<Scene> scenes() {
  const std::vector<std::string> sleep{"/bin/sleep", "1000"};
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.end(), sleep.begin(), sleep.end());
    return harness::pidns(options);
  };
  return {
      {"every step", with({})},
      {"--fork alone", with({"--fork"})},
      {"as nobody", as_nobody(with({}))},
      {"--root and --wd", with({"--root=/", "--wd=/tmp"})},
      {"--json-status-fd", with({"--json-status-fd=2"})},
      {"--init", with({"--init"})},
      {"--init as nobody", as_nobody(with({"--init"}))},
  };
}

/// Copies a program. The copy is set-user-ID, and belongs to the user nobody.
std::string make_set_user_id_copy(const TemporaryDirectory& directory, const std::string& program) {
  constexpr uid_t nobody = 65534;
  std::string file = directory.path() + "/copy";
  std::filesystem::copy_file(program, file);
  REQUIRE(::chown(file.c_str(), nobody, nobody) == 0);
  REQUIRE(::chmod(file.c_str(), S_ISUID | 0755) == 0);
  return file;
}

/// Where pidns can be killed: the n-th stop of one of its processes.
struct Point {
  int process;
  int number;

  auto operator<=>(const Point&) const = default;
};

/// Counts the stops of each process. Sends pidns a signal early on, so that it makes the calls that relay
/// one.
class StopCounter {
 public:
  Point count(const Stop& stop) {
    if (stop.process == 0 && !stop.entry && stop.call == "rt_sigprocmask" && !signal_sent_) {
      signal_sent_ = ::kill(stop.pid, SIGTERM) == 0;  // signals are blocked from here on: it waits until exec
    }
    return {stop.process, ++counts_[stop.process]};
  }

 private:
  bool signal_sent_ = false;
  std::map<int, int> counts_;
};

std::set<Point> record_points(const Scene& scene) {
  std::set<Point> points;
  StopCounter counter;
  const TracedResult result = run_traced(scene.command, {}, {.at_stop = [&](const Stop& stop) {
                                           points.insert(counter.count(stop));
                                           return Verdict{};
                                         }});
  CHECK(result.survivors == 0);
  CHECK(result.ending == ExitStatus{.killed = true, .value = SIGTERM});
  return points;
}

/// Kills pidns there; its other processes, wherever they stand, go on when it is dead.
struct Killed {
  bool reached = false;
  int survivors = 0;
};
Killed kill_at(const Scene& scene, const Point& point) {
  Killed killed;
  StopCounter counter;
  const TracedResult result = run_traced(scene.command, {}, {.at_stop = [&](const Stop& stop) {
                                           if (counter.count(stop) == point) {
                                             killed.reached = ::kill(stop.first, SIGKILL) == 0;
                                           }
                                           return Verdict{.hold = killed.reached};
                                         }});
  killed.survivors = result.survivors + static_cast<int>(other_processes().size());
  return killed;
}

}  // namespace

TEST_CASE("pidns killed at any of its system calls leaves no process", "[leftovers]") {
  check_alone("alone: kill points");
}
TEST_CASE("alone: kill points", "[.]") {
  int killed = 0;
  int survivors = 0;
  std::vector<Scene> all = scenes();
  all.push_back({"maps by a helper", harness::pidns({"--map-users=0:0:3", "--map-groups=0:0:3", "-S0", "-G0",
                                                     "/bin/sleep", "1000"})});
  // Each call is a point when it begins and when it ends. Before main() all scenes are the same.
  const auto startup = static_cast<int>(2 * count_startup_calls());
  for (const Scene& scene : all) {
    std::set<Point> points = record_points(scene);
    if (&scene != &all.front()) {
      std::erase_if(points,
                    [&](const Point& point) { return point.process == 0 && point.number <= startup; });
    }
    for (const Point& point : points) {
      const Killed outcome = kill_at(scene, point);
      std::cout << '.' << std::flush;  // a minute of silence would be taken for a hang
      INFO(scene.name << ": process " << point.process << ", stop " << point.number);
      CHECK(outcome.survivors == 0);
      killed += outcome.reached ? 1 : 0;
      survivors += outcome.survivors;
    }
    std::cout << '\n' << scene.name << ": " << points.size() << " points\n";
  }
  std::cout << "killed at " << killed << " points, survivors: " << survivors << "\n";
  CHECK(killed >= 200);
}

TEST_CASE("pidns killed at a random moment leaves no process", "[leftovers]") {
  check_alone("alone: random kills");
}
TEST_CASE("alone: random kills", "[.]") {
  using Clock = std::chrono::steady_clock;
  const TemporaryDirectory directory;
  const std::vector<std::vector<std::string>> commands{
      {"sleep", "1000"},
      {make_set_user_id_copy(directory, "/bin/sleep"), "1000"},
      {"sh", "-c", "sleep 1000 & sleep 1000"},
  };
  const auto start = Clock::now();
  run_pidns({"true"});
  const auto launch = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  std::minstd_rand random(1);  // NOLINT: the same moments in every run, as far as a moment can be the same
  std::uniform_int_distribution<long> moment(0, 2 * launch.count());
  for (const auto& command : commands) {
    std::size_t survivors = 0;
    constexpr int kills = 1000;
    for (int i = 0; i < kills; ++i) {
      Running running(harness::pidns(command));
      const auto end = Clock::now() + std::chrono::microseconds(moment(random));
      while (Clock::now() < end) {
      }
      running.send(SIGKILL);
      running.wait_for_end();
      reap_all();
      survivors += other_processes().size();
    }
    std::cout << command.front() << ": killed at " << kills << " random moments, survivors: " << survivors
              << '\n';
    CHECK(survivors == 0);
  }
}

TEST_CASE("a child whose parent dies before it asks for the signal of that never runs the command",
          "[leftovers]") {
  check_alone("alone: death before prctl");
}
TEST_CASE("alone: death before prctl", "[.]") {
  for (const Scene& scene : scenes()) {
    INFO(scene.name);
    std::vector<std::string> calls_after;
    bool killed = false;
    const TracedResult result = run_traced(scene.command, {}, {.at_stop = [&](const Stop& stop) {
                                             if (killed && stop.entry) {
                                               calls_after.push_back(stop.call);
                                             }
                                             const bool now = !killed && stop.process == 1 && stop.entry &&
                                                              stop.call.starts_with("prctl");
                                             if (now) {
                                               killed = ::kill(stop.first, SIGKILL) == 0;
                                             }
                                             return Verdict{.hold = now};
                                           }});
    CHECK(killed);
    CHECK(result.survivors == 0);
    REQUIRE_FALSE(calls_after.empty());
    CHECK(calls_after.back() == "exit_group");
    CHECK(std::count(calls_after.begin(), calls_after.end(), "execve") == 0);
  }
}

namespace {

/// Kills pidns while it runs `cat`, which survives.
void check_survival(const std::vector<std::string>& command) {
  Running running(command);
  running.write("before\n");
  running.wait_for_output("before\n");
  running.send(SIGKILL);
  running.wait_for_end();
  running.write("after\n");
  running.wait_for_output("after\n");
}

}  // namespace

TEST_CASE("a command survives pidns with --no-kill-child", "[leftovers]") {
  check_survival(harness::pidns({"--no-kill-child", "cat"}));
}

TEST_CASE("a command gets the signal of --kill-child when pidns is killed", "[leftovers]") {
  Running running(harness::pidns(
      {"--kill-child=TERM", "sh", "-c", "trap 'echo caught; exit' TERM; echo ready; sleep 1000 & wait"}));
  running.wait_for_output("ready\n");
  running.send(SIGKILL);
  running.wait_for_end();
  running.wait_for_output("caught\n");
}

TEST_CASE("a signal of --kill-child without a handler spares PID 1", "[leftovers]") {
  check_survival(harness::pidns({"--mount-proc", "--kill-child=TERM", "cat"}));
}

TEST_CASE("a set-user-ID PID 1 survives pidns as the kernel forgets what it was to get", "[leftovers]") {
  const TemporaryDirectory directory;
  check_survival(harness::pidns_as_pid_1({make_set_user_id_copy(directory, "/bin/cat")}));
}

TEST_CASE("a set-user-ID command does not survive pidns with --init", "[leftovers]") {
  const TemporaryDirectory directory;
  const std::string sleep = make_set_user_id_copy(directory, "/bin/sleep");
  Running running(harness::pidns({"--init", sleep, "1000"}));
  wait_until("the start of the command", [&] {
    const auto processes = descendants_of(running.pid());
    return std::any_of(processes.begin(), processes.end(), [&](pid_t process) {
      return read_file("/proc/" + std::to_string(process) + "/cmdline").starts_with(sleep);
    });
  });
  running.send(SIGKILL);
  // finish() also waits until no process has its stdout open.
  CHECK(running.finish().ending == ExitStatus{.killed = true, .value = SIGKILL});
}

TEST_CASE("pidns and all below it end with the parent", "[death]") {
  for (const std::string options : {"", "--fork --mount-proc", "--no-fork"}) {
    INFO(options);
    Running parent({"sh", "-c",
                    "\"$0\" --die-with-parent " + options + " sh -c 'echo ready; exec sleep 1000' & wait",
                    pidns_binary()});
    parent.wait_for_output("ready\n");
    parent.send(SIGKILL);
    // The sleep holds stdout open: finish() would wait in vain if it lived on.
    CHECK(parent.finish().ending == ExitStatus{.killed = true, .value = SIGKILL});
  }
}
