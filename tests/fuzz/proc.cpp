#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pidns/dispositions.hpp"
#include "pidns/mountinfo.hpp"
#include "pidns/proc_status.hpp"

namespace {

void expect(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void read_status(std::string_view text) {
  const pidns::ProcStatus status = pidns::parse_status(text);
  expect(status.namespace_levels >= 0 && static_cast<std::size_t>(status.namespace_levels) <= text.size());
}

void read_mountinfo(std::string_view text) {
  pidns::is_shared(text, 1);
  for (const std::string& point : pidns::mount_points_below(text, "/proc")) {
    expect(point.starts_with("/proc/"));
  }
}

}  // namespace

/// Reads a text as each of the files of /proc that pidns reads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_status(text);
  read_mountinfo(text);
  pidns::awaited_set_address(text);
  pidns::signalfd_set(text);
  return 0;
}
