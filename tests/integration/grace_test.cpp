#include <csignal>

#include "harness.hpp"
#include "support/catch.hpp"

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
until grep -qzx sleep /proc/3/cmdline && grep -qzx sleep /proc/4/cmdline; do :; done
exit 7)sh"});
  CHECK_THAT(result.err, Catch::EndsWith("pidns: 2 processes were left: sleep 1000 (3), sleep 1001 (4)\n"));
  CHECK(result.status() == 7);
  CHECK_FALSE(run_pidns({"-v", "true"}).err.find("left") != std::string::npos);
}
