#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

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
  return {other_processes(), read_file("/proc/self/mountinfo"), names_in("/proc/self/fd"), files};
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
      {harness::pidns({"true"}), 125, "cannot mount proc on /proc", 3},
#endif
      {as_nobody(harness::pidns({"--no-user", "true"})), 125, "cannot create"},
      {harness::pidns({"true"}), 125, "cannot open a signalfd", 4},
      {harness::pidns({"sh", "-c", R"(mount -t tmpfs none /proc/sys && exec "$@")", "sh", "setpriv",
                       "--reuid=nobody", "--", pidns_binary(), "true"}),
       125, "cannot mount proc"},
      {harness::pidns({"/etc/passwd"}), 126, "cannot execute"},
      {harness::pidns({"/nowhere/command"}), 127, "cannot execute"},
      {harness::pidns({"sleep", "1000"}), 125, "cannot make a pipe", 6},
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
