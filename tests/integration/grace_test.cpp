#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "harness.hpp"

using namespace harness;

namespace {

/// Leaves a process behind that ends half a second after SIGTERM, and says so.
const std::string leaves_slow_child = R"(
sh -c 'trap "sleep 0.5; echo cleaned; exit" TERM; echo ready; while :; do sleep 0.01; done' &
read line
exit 3)";

Result run_and_end(std::vector<std::string> options) {
  options.insert(options.end(), {"sh", "-c", leaves_slow_child});
  Running running(harness::pidns(options));
  running.wait_for_output("ready\n");
  running.write("\n");
  return running.finish();
}

}  // namespace

TEST_CASE("what is left gets SIGTERM and the grace to clean up", "[grace]") {
  for (const std::string grace : {"--grace=100", "--grace=infinity"}) {
    const Result result = run_and_end({grace});
    CHECK(result.out == "ready\ncleaned\n");
    CHECK(result.status() == 3);
  }
}

TEST_CASE("without a grace what is left is killed at once", "[grace]") {
  const Result result = run_and_end({});
  CHECK(result.out == "ready\n");
  CHECK(result.status() == 3);
}

TEST_CASE("when the grace is over what is left is killed", "[grace]") {
  const Result result = run_pidns({"--grace=0.1", "sh", "-c", "trap '' TERM; sleep 1000 & exit 4"});
  CHECK(result.status() == 4);
}

TEST_CASE("a stopped process gets the grace too", "[grace]") {
  const Result result =
      run_pidns({"--grace=infinity", "sh", "-c",
                 R"(sh -c 'trap "echo cleaned; exit" TERM; kill -STOP $$; while :; do sleep 0.01; done' &
until grep -q 'State:.T' /proc/$!/status; do :; done
exit 5)"});
  CHECK(result.out == "cleaned\n");
  CHECK(result.status() == 5);
}

TEST_CASE("a deadly signal to pidns ends the grace, and the status stays", "[grace]") {
  Running running(harness::pidns({"--grace=infinity", "sh", "-c", R"(
sh -c 'trap "echo still here" TERM; echo ready; while :; do sleep 0.01; done' &
read line
exit 6)"}));
  running.wait_for_output("ready\n");
  running.write("\n");
  running.wait_for_output("still here\n");
  running.send(SIGTERM);
  CHECK(running.finish().status() == 6);
}

TEST_CASE("what is left is named with -v", "[grace]") {
  const Result result = run_pidns({"-v", "sh", "-c", R"sh(
sleep 1000 & sleep 1001 &
until grep -q sleep /proc/3/comm && grep -q sleep /proc/4/comm; do :; done
exit 7)sh"});
  CHECK_THAT(result.err, Catch::EndsWith("pidns: 2 processes were left: sleep 1000 (3), sleep 1001 (4)\n"));
  CHECK(result.status() == 7);
  CHECK_FALSE(run_pidns({"-v", "true"}).err.find("left") != std::string::npos);
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

TEST_CASE("the init and the outer pidns keep no directory busy", "[init]") {
  const TemporaryDirectory directory;
  Running running(harness::pidns({"sh", "-c", "echo ready; read line"}), {.directory = directory.path()});
  running.wait_for_output("ready\n");
  const auto directory_of = [](pid_t pid) {
    return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd");
  };
  const pid_t init = children_of(running.pid()).front();
  wait_until("both to leave",
             [&] { return directory_of(running.pid()) == "/" && directory_of(init) == "/"; });
  CHECK(directory_of(children_of(init).front()) == directory.path());
  running.write("\n");
  running.finish();
}

TEST_CASE("with a session of its own the command leads it, and its group gets the terminal's signals",
          "[init]") {
  Terminal terminal(harness::pidns({"--new-session", "sh", "-c",
                                    R"(python3 -c '
import os, signal, time
signal.signal(signal.SIGINT, lambda *_: (os.write(1, b"child"), os._exit(0)))
os.write(1, b"one")
while True: time.sleep(0.01)' &
trap 'echo parent; wait; exit 8' INT; echo two; while :; do sleep 0.01; done)"}));
  terminal.wait_for_any({"one", "two"});
  terminal.wait_for_any({"one", "two"});
  terminal.type("\x03");
  terminal.wait_for_any({"child", "parent"});
  terminal.wait_for_any({"child", "parent"});
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 8});
}

TEST_CASE("the command of a session's leader is told of the hang-up, once", "[terminal]") {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--fork", "--mount-proc"}, {"--fork"}}) {
    CAPTURE(options);
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/heard";
    std::vector<std::string> words = options;
    words.insert(words.end(), {"sh", "-c",
                               "trap 'echo HUP >>" + file +
                                   "' HUP; trap 'exit 9' TERM; echo ready; "
                                   "while :; do sleep 0.01; done"});
    Terminal terminal(harness::pidns(words));
    terminal.wait_for("ready");
    terminal.hang_up();
    wait_until("the hang-up", [&] { return std::filesystem::exists(file); });
    ::kill(terminal.pid(), SIGTERM);
    CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 9});
    CHECK(read_file(file) == "HUP\n");
  }
}
