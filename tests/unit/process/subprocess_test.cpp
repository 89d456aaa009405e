#include "pidns/process/subprocess.hpp"

#include <unistd.h>

#include <csignal>

#include "pidns/util/failure.hpp"
#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("the output of a program is returned with its end", "[subprocess]") {
  const SubprocessResult result = run_and_capture({"sh", "-c", "echo out; exit 3"}, STDOUT_FILENO);
  CHECK(result.output == "out\n");
  CHECK(result.status == ExitStatus{.killed = false, .value = 3});
  CHECK(run_and_capture({"sh", "-c", "echo err >&2"}, STDERR_FILENO).output == "err\n");
  CHECK(run_and_capture({"sh", "-c", "kill -KILL $$"}, STDOUT_FILENO).status ==
        ExitStatus{.killed = true, .value = SIGKILL});
}

TEST_CASE("a program that is not there ends with status 127", "[subprocess]") {
  const SubprocessResult result = run_and_capture({"no-such-program"}, STDOUT_FILENO);
  CHECK(result.status == ExitStatus{.killed = false, .value = status_not_found});
  CHECK(result.output.empty());
}

TEST_CASE("a program runs with no signal blocked", "[subprocess]") {
  CHECK(run_and_capture({"grep", "SigBlk", "/proc/self/status"}, STDOUT_FILENO).output ==
        "SigBlk:\t0000000000000000\n");
}

TEST_CASE("a program is waited for although SIGCHLD is ignored, which it stays", "[subprocess]") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  CHECK(run_and_capture({"sh", "-c", "exit 3"}, STDOUT_FILENO).status ==
        ExitStatus{.killed = false, .value = 3});
  CHECK(std::signal(SIGCHLD, before) == SIG_IGN);
}
