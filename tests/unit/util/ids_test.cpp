#include "pidns/util/ids.hpp"

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("an id is a number of 32 bits, but not the last", "[ids]") {
  CHECK(parse_id("0") == 0U);
  CHECK(parse_id("007") == 7U);
  CHECK(parse_id("4294967294") == 4294967294U);
  for (const char* text : {"", "4294967295", "4294967296", "-1", "+1", " 1", "1 ", "1x", "x", "0x10"}) {
    CAPTURE(text);
    CHECK(parse_id(text) == std::nullopt);
  }
}
