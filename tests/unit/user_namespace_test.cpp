#include "pidns/user_namespace.hpp"

#include <catch2/catch.hpp>

using namespace pidns;

TEST_CASE("an identity map is one line of a single id", "[user_namespace]") {
  CHECK(map_line(IdentityMap::root, 1000) == "0 1000 1");
  CHECK(map_line(IdentityMap::current, 1000) == "1000 1000 1");
  CHECK(map_line(IdentityMap::root, 0) == "0 0 1");
  CHECK(map_line(IdentityMap::current, 4294967294U) == "4294967294 4294967294 1");
}
