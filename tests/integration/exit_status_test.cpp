#include <catch2/catch.hpp>
#include <csignal>

#include "harness.hpp"

using namespace harness;

TEST_CASE("the exit status of the command is returned", "[status]") {
  for (const int status : {0, 1, 7, 125, 126, 127, 255}) {
    const Result result = run_pidns({"sh", "-c", "exit " + std::to_string(status)});
    CHECK(result.ending == Ending{.killed = false, .value = status});
    CHECK(result.err.empty());
  }
}
