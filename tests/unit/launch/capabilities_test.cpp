#include "pidns/launch/capabilities.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <string>

#include "support/catch.hpp"

using namespace pidns;

namespace {

/// The sets of this process as /proc/self/status shows them.
std::map<std::string, std::string> capability_sets() {
  std::ifstream status("/proc/self/status");
  std::map<std::string, std::string> sets;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Cap")) {
      sets[line.substr(0, 6)] = line.substr(8);
    }
  }
  return sets;
}

}  // namespace

TEST_CASE("capabilities in effect become ambient and no more than those", "[capabilities]") {
  const pid_t child = ::fork();
  if (child == 0) {
    keep_capabilities();
    auto sets = capability_sets();
    ::_exit(sets["CapInh"] == sets["CapPrm"] && sets["CapAmb"] == sets["CapEff"] ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
