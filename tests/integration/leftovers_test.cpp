#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "tracer.hpp"

using namespace harness;

namespace {

/// All processes but this one; for a test that runs alone.
std::vector<pid_t> others() {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos && std::stoi(name) != ::getpid()) {
      found.push_back(std::stoi(name));
    }
  }
  return found;
}

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
  killed.survivors = result.survivors + static_cast<int>(others().size());
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
  const auto start = Clock::now();
  run_pidns({"true"});
  const auto launch = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  std::minstd_rand random(1);  // NOLINT: the same moments in every run, as far as a moment can be the same
  std::uniform_int_distribution<long> moment(0, 2 * launch.count());
  std::size_t survivors = 0;
  constexpr int kills = 200;
  for (int i = 0; i < kills; ++i) {
    Running running(harness::pidns({"sleep", "1000"}));
    const auto end = Clock::now() + std::chrono::microseconds(moment(random));
    while (Clock::now() < end) {
    }
    running.send(SIGKILL);
    running.wait_for_end();
    reap_all();
    survivors += others().size();
  }
  std::cout << "killed at " << kills << " random moments, survivors: " << survivors << "\n";
  CHECK(survivors == 0);
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

/// Kills pidns with such an option: its command goes on.
void check_survival(const std::string& option) {
  Running running(harness::pidns({option, "cat"}));
  running.write("before\n");
  running.wait_for_output("before\n");
  running.send(SIGKILL);
  running.wait_for_end();
  running.write("after\n");
  running.wait_for_output("after\n");
}

}  // namespace

TEST_CASE("a command survives pidns with --no-kill-child", "[leftovers]") {
  check_survival("--no-kill-child");
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
  check_survival("--kill-child=TERM");
}

namespace {

/// A copy of a program that is set-user-ID to the user nobody.
std::string make_set_user_id_copy(const TemporaryDirectory& directory, const std::string& program) {
  constexpr uid_t nobody = 65534;
  std::string file = directory.path() + "/copy";
  std::filesystem::copy_file(program, file);
  REQUIRE(::chown(file.c_str(), nobody, nobody) == 0);
  REQUIRE(::chmod(file.c_str(), S_ISUID | 0755) == 0);
  return file;
}

}  // namespace

TEST_CASE("a set-user-ID command survives pidns as the kernel forgets what it was to get", "[leftovers]") {
  const TemporaryDirectory directory;
  Running running(harness::pidns({make_set_user_id_copy(directory, "/bin/cat")}));
  running.write("before\n");
  running.wait_for_output("before\n");
  running.send(SIGKILL);
  running.wait_for_end();
  running.write("after\n");
  running.wait_for_output("after\n");
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

TEST_CASE("the command has the descriptors of the caller and no other", "[leftovers]") {
  const std::vector<std::vector<std::string>> commands{{"ls", "/proc/self/fd"},
                                                       {"readlink", "/proc/self/fd/7", "/proc/self/fd/100"}};
  for (const bool has_stdin : {true, false}) {
    const Setup setup{.before_exec = [&] {
      ::dup2(::open("/dev/null", O_RDONLY), 7);
      ::dup2(7, 100);
      ::close(3);
      if (!has_stdin) {
        ::close(STDIN_FILENO);
      }
    }};
    for (const auto& command : commands) {
      const Result direct = run(command, setup);
      REQUIRE(direct.ending == ExitStatus{});
      CHECK(run_pidns(command, setup).out == direct.out);
      std::vector<std::string> without_fork = command;
      without_fork.insert(without_fork.begin(), "--no-fork");
      CHECK(run_pidns(without_fork, setup).out == direct.out);
    }
  }
}

TEST_CASE("500 launches at once end with the status of their command each", "[leftovers]") {
  const std::string script = R"sh(
for i in $(seq 500); do
  "$0" sh -c "exit $((i % 120))" &
  pids="$pids $!"
done
i=0
for pid in $pids; do
  i=$((i + 1))
  wait $pid
  status=$?
  [ $status -eq $((i % 120)) ] || echo "launch $i: $status"
done
echo $i launches)sh";
  const Result result = run({"sh", "-c", script, pidns_binary()});
  CHECK(result.out == "500 launches\n");
  CHECK(result.err.empty());
}

namespace {

/// What launches could leave behind, as far as this process can see.
struct Leavings {
  std::vector<pid_t> processes;
  std::string mounts;
  std::vector<std::string> descriptors;
  std::vector<std::string> files;

  bool operator==(const Leavings&) const = default;
};

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Leavings look_around() {
  std::vector<std::string> files;
  for (const std::string directory : {"/tmp", "/mnt", "/dev/shm", "/run", "/var/tmp"}) {
    const auto names = names_in(directory);
    files.insert(files.end(), names.begin(), names.end());
  }
  return {others(), read_file("/proc/self/mountinfo"), names_in("/proc/self/fd"), files};
}

struct Launch {
  std::vector<std::string> command;
  int status;
  std::string message = {};  // what is said about it
  rlim_t open_files = 1024;  // limit of them
};

/// Launches that end in every way, and that fail at every step that can be made to fail.
std::vector<Launch> launches() {
  return {
      {harness::pidns({"true"}), 0},
      {harness::pidns({"--fork", "sh", "-c", "exit 7"}), 7},
      {harness::pidns({"sh", "-c", "sh -c 'kill -9 $$'"}), 137},
      {harness::pidns({"sh", "-c", "sleep 1000 & exit 3"}), 3},
      {harness::pidns({"--no-fork", "true"}), 0, "--no-fork"},
      {as_nobody(harness::pidns({"true"})), 0},
      {harness::pidns({"--no-such-option", "true"}), 125, "--no-such-option"},
      {harness::pidns({"--wd=/nowhere", "true"}), 125, "/nowhere"},
#ifdef PIDNS_STATIC  // another would not find its libraries
      {harness::pidns({"true"}), 125, "--mount-proc=/proc", 3},
#endif
      {as_nobody(harness::pidns({"--no-user", "true"})), 125, "cannot create"},
      {harness::pidns({"true"}), 125, "cannot make a pipe", 4},
      {harness::pidns({"sh", "-c", R"(mount -t tmpfs none /proc/sys && exec "$@")", "sh", "setpriv",
                       "--reuid=nobody", "--", pidns_binary(), "true"}),
       125, "cannot mount proc"},
      {harness::pidns({"/etc/passwd"}), 126, "cannot execute"},
      {harness::pidns({"/nowhere/command"}), 127, "cannot execute"},
      {harness::pidns({"sleep", "1000"}), 125, "cannot open a pidfd", 6},
  };
}

}  // namespace

TEST_CASE("1000 launches leave nothing on the host", "[leftovers]") {
  check_alone("alone: 1000 launches");
}
TEST_CASE("alone: 1000 launches", "[.]") {
  constexpr int total = 1000;
  const std::vector<Launch> all = launches();
  const Leavings before = look_around();
  CHECK(before.processes.empty());
  int failed = 0;
  for (int i = 0; i < total; ++i) {
    const Launch& launch = all[static_cast<std::size_t>(i) % all.size()];
    const Result result =
        run(launch.command, {.before_exec = [&] {
              ::close_range(STDERR_FILENO + 1, ~0U, 0);  // what CTest was started with may be open here too
              const rlimit limit{.rlim_cur = launch.open_files, .rlim_max = launch.open_files};
              ::setrlimit(RLIMIT_NOFILE, &limit);
            }});
    INFO(Catch::StringMaker<std::vector<std::string>>::convert(launch.command) << ": " << result.err);
    CHECK(result.status() == launch.status);
    CHECK(result.err.find(launch.message) != std::string::npos);
    if (i % 20 == 0) {
      std::cout << '.' << std::flush;
    }
    failed += launch.status >= 125 && launch.status <= 127 ? 1 : 0;
  }
  const Leavings after = look_around();
  CHECK(after.processes == before.processes);
  CHECK(after.mounts == before.mounts);
  CHECK(after.descriptors == before.descriptors);
  CHECK(after.files == before.files);
  std::cout << '\n'
            << total << " launches, " << failed
            << " of them failed in pidns; left: " << after.processes.size() << " processes\n";
}
