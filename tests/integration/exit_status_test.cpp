#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

/// A command that the kernel ends with SIGSEGV, PID 1 or not: its stack grows until it is full.
const std::vector<std::string> overflowing{"bash", "-c", "again() { again; }; again"};

void limit_stack_and_allow_core() {
  const rlimit small{1 << 20, 1 << 20};
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_STACK, &small) == -1 || ::setrlimit(RLIMIT_CORE, &unlimited) == -1) {
    ::_exit(97);
  }
}

/// Every way to ask for a fork, with and without the other steps.
const std::vector<std::vector<std::string>> forking{
    {}, {"--fork"}, {"--mount-proc"}, {"--fork", "--mount-proc"}};

Result run_with(std::vector<std::string> options, const std::vector<std::string>& command) {
  options.insert(options.end(), command.begin(), command.end());
  return run_pidns(options);
}

}  // namespace

TEST_CASE("the exit status of the command is returned", "[status]") {
  for (const int status : {0, 1, 7, 125, 126, 127, 255}) {
    const Result result = run_pidns({"sh", "-c", "exit " + std::to_string(status)});
    CHECK(result.ending == ExitStatus{.killed = false, .value = status});
    CHECK(result.err.empty());
  }
}

TEST_CASE("the exit status is the same whatever steps are named", "[status]") {
  auto steps = forking;
  steps.push_back({"--new-session"});
  steps.push_back({"-r"});
  for (const auto& options : steps) {
    CAPTURE(options);
    const Result result = run_with(options, {"sh", "-c", "echo out; echo err >&2; exit 7"});
    CHECK(result.status() == 7);
    CHECK(result.out == "out\n");
    CHECK(result.err == "err\n");
  }
  CHECK(run_pidns({"--no-fork", "sh", "-c", "exit 7"}).status() == 7);
}

TEST_CASE("pidns dies of the signal that killed the command from outside", "[status]") {
  for (auto options : forking) {
    CAPTURE(options);
    options.insert(options.end(), {"sh", "-c", "echo ready; read line"});
    Running running(harness::pidns(options));
    running.wait_for_output("ready");
    REQUIRE(::kill(only_child_of(running.pid()), SIGKILL) == 0);
    const Result result = running.finish();
    CHECK(result.ending == ExitStatus{.killed = true, .value = SIGKILL});
    CHECK(result.err.empty());
  }
}

TEST_CASE("pidns dies of the signal that the command brought upon itself", "[status]") {
  const TemporaryDirectory directory;  // for the core file of the command
  const Setup setup{.directory = directory.path(), .before_exec = limit_stack_and_allow_core};
  for (auto options : forking) {
    CAPTURE(options);
    options.insert(options.end(), overflowing.begin(), overflowing.end());
    const Result result = run_pidns(options, setup);
    CHECK(result.ending == ExitStatus{.killed = true, .value = SIGSEGV});
    CHECK(result.err.empty());
  }
}

TEST_CASE("pidns leaves no core file of its own", "[status]") {
  // The shell tells whether the kernel has dumped the process that it waited for, which is pidns.
  const TemporaryDirectory directory;
  std::vector<std::string> command{"bash", "-c", R"("$@"; echo $?)", "bash", pidns_binary()};
  command.insert(command.end(), overflowing.begin(), overflowing.end());
  const Result result =
      run(command, {.directory = directory.path(), .before_exec = limit_stack_and_allow_core});
  CHECK(result.out == "139\n");
  CHECK_THAT(result.err, Catch::Contains("Segmentation fault"));
  CHECK_THAT(result.err, !Catch::Contains("core dumped"));
}

TEST_CASE("a pidns that is PID 1 itself and cannot die of a signal exits as a shell would", "[status]") {
  // The inner pidns is PID 1 of the outer one's namespace.
  Running running(harness::pidns({"--mount-proc", pidns_binary(), "sh", "-c", "echo ready; read line"}));
  running.wait_for_output("ready");
  REQUIRE(::kill(descendants_of(running.pid()).back(), SIGKILL) == 0);
  CHECK(running.finish().ending == ExitStatus{.killed = false, .value = 128 + SIGKILL});
}

TEST_CASE("bad usage is 125", "[status]") {
  CHECK(run_pidns({"--no-such-option", "true"}).status() == 125);
  CHECK(run_pidns({"--wd"}).status() == 125);
  CHECK(run_pidns({"--no-fork", "--mount-proc", "true"}).status() == 125);
}

TEST_CASE("a failure of pidns itself is 125", "[status]") {
  CHECK(run_pidns({"--mount-proc=/no/such/directory", "true"}).status() == 125);
  CHECK(run(pidns_as_nobody({"--no-user", "true"})).status() == 125);
}

TEST_CASE("a command that cannot be executed is 126", "[status]") {
  const TemporaryDirectory directory;
  write_file(directory.path() + "/file", "");
  for (const auto& options : forking) {
    CHECK(run_with(options, {directory.path()}).status() == 126);
    CHECK(run_with(options, {directory.path() + "/file"}).status() == 126);
  }
  CHECK(run_pidns({"--no-fork", directory.path()}).status() == 126);
}

TEST_CASE("a command that is not found is 127", "[status]") {
  for (const auto& options : forking) {
    CHECK(run_with(options, {"/no/such/file"}).status() == 127);
    CHECK(run_with(options, {"no-such-command"}).status() == 127);
  }
  CHECK(run_pidns({"--no-fork", "no-such-command"}).status() == 127);
  // What is in the current directory alone is not found either.
  const harness::TemporaryDirectory directory;
  harness::write_file(directory.path() + "/no-such-command", "");
  CHECK(run(harness::pidns({"no-such-command"}), {.directory = directory.path()}).status() == 127);
}

TEST_CASE("help and version are 0 and on stdout", "[status]") {
  for (const char* option : {"--help", "-h", "--version", "-V"}) {
    const Result result = run_pidns({option});
    CHECK(result.status() == 0);
    CHECK_FALSE(result.out.empty());
    CHECK(result.err.empty());
  }
}

TEST_CASE("help that cannot be written is a failure", "[status]") {
  for (const char* option : {"--help", "--version"}) {
    const Result result = run({"sh", "-c", R"(exec "$@" > /dev/full)", "sh", pidns_binary(), option});
    CHECK(result.status() == 125);
    CHECK(message_of(result).text == "cannot write to stdout: No space left on device");
  }
}
