#include "pidns/launch/kernel.hpp"

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("pidns runs on Linux 5.4 and later", "[check]") {
  for (const char* release : {"5.4.0", "5.10.0-21-amd64", "6.1.0", "10.0"}) {
    CHECK(is_new_enough(release));
  }
  for (const char* release : {"5.3.18", "4.19.0", "", "x"}) {
    CHECK_FALSE(is_new_enough(release));
  }
}
