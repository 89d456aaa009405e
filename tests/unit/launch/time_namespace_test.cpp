#include "pidns/launch/time_namespace.hpp"

#include <cstdint>

#include "pidns/process/exit_status.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr std::int64_t most = 9'223'372'036;  // seconds that fit into 63 bits of nanoseconds

}  // namespace

TEST_CASE("a clock cannot be moved below zero", "[clocks]") {
  CHECK(offset_in_range(100, -100));
  CHECK_FALSE(offset_in_range(100, -101));
  CHECK_FALSE(offset_in_range(100, INT64_MIN));
}

TEST_CASE("a clock cannot be moved beyond half of its range", "[clocks]") {
  CHECK(offset_in_range(100, most / 2 - 100));
  CHECK_FALSE(offset_in_range(100, most / 2 - 99));
  CHECK_FALSE(offset_in_range(100, most + 1));
  CHECK_FALSE(offset_in_range(100, INT64_MAX));
}

TEST_CASE("offsets are lines of clock, seconds and nanoseconds", "[clocks]") {
  CHECK(offset_lines({}, {}).empty());
  CHECK(offset_lines(5, {}) == "1 5 0\n");
  CHECK(offset_lines({}, -7) == "7 -7 0\n");
  CHECK(offset_lines(0, INT64_MAX) == "1 0 0\n7 9223372036854775807 0\n");
}

TEST_CASE("an impossible offset is refused under the name of its option", "[clocks]") {
  Options options;
  CHECK_NOTHROW(check_clock_offsets(options));
  options.monotonic = 5;
  options.boottime = 5;
  CHECK_NOTHROW(check_clock_offsets(options));
  options.boottime = most;
  CHECK_THROWS_WITH(check_clock_offsets(options),
                    "--boottime=9223372036: the clock would be beyond what the kernel can count");
  options.monotonic = -most;
  CHECK_THROWS_WITH(check_clock_offsets(options), "--monotonic=-9223372036: the clock would be negative");
}
