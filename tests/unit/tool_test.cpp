#include "pidns/tool.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

using namespace pidns;

TEST_CASE("the output of a program is returned with its end", "[tool]") {
  const ToolResult result = run_tool({"sh", "-c", "echo out; exit 3"}, STDOUT_FILENO, {});
  CHECK(result.output == "out\n");
  CHECK(result.ending == Ending{.killed = false, .value = 3});
  CHECK(run_tool({"sh", "-c", "echo err >&2"}, STDERR_FILENO, {}).output == "err\n");
  CHECK(run_tool({"sh", "-c", "kill -KILL $$"}, STDOUT_FILENO, {}).ending ==
        Ending{.killed = true, .value = SIGKILL});
}

TEST_CASE("a program that is not there ends with status 127", "[tool]") {
  const ToolResult result = run_tool({"no-such-program"}, STDOUT_FILENO, {});
  CHECK(result.ending == Ending{.killed = false, .value = status_not_found});
  CHECK(result.output.empty());
}

TEST_CASE("a program gets the signal mask that is named", "[tool]") {
  const auto mask = SignalSet::of(SIGUSR1) | SignalSet::of(SIGHUP);
  CHECK(run_tool({"grep", "SigBlk", "/proc/self/status"}, STDOUT_FILENO, mask).output ==
        "SigBlk:\t0000000000000201\n");
}
