#include "pidns/launch/time_namespace.hpp"

#include <fmt/format.h>

#include <ctime>
#include <string_view>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

void check_offset(clockid_t clock, std::optional<std::int64_t> offset, std::string_view option) {
  if (offset && !offset_in_range(sys::seconds_of(clock), *offset)) {
    throw Failure(status_failed,
                  fmt::format("{}={}: the clock would be {}", option, *offset,
                              *offset < 0 ? "negative" : "beyond what the kernel can count"),
                  {});
  }
}

}  // namespace

bool offset_in_range(std::int64_t now, std::int64_t offset) {
  constexpr std::int64_t most = INT64_MAX / 1'000'000'000;  // KTIME_SEC_MAX, include/linux/ktime.h
  return offset >= -most && offset <= most && now + offset >= 0 && now + offset <= most / 2;
}

std::string offset_lines(std::optional<std::int64_t> monotonic, std::optional<std::int64_t> boottime) {
  std::string lines;
  if (monotonic) {
    lines += fmt::format("{} {} 0\n", CLOCK_MONOTONIC, *monotonic);
  }
  if (boottime) {
    lines += fmt::format("{} {} 0\n", CLOCK_BOOTTIME, *boottime);
  }
  return lines;
}

void check_clock_offsets(const Options& options) {
  check_offset(CLOCK_MONOTONIC, options.monotonic, "--monotonic");
  check_offset(CLOCK_BOOTTIME, options.boottime, "--boottime");
}

void set_clock_offsets(const Options& options, const sys::SyscallObserver& observer) {
  if (options.monotonic || options.boottime) {
    sys::write_file("/proc/self/timens_offsets", offset_lines(options.monotonic, options.boottime), observer);
  }
}

}  // namespace pidns
