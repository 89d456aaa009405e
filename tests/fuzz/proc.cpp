#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pidns/launch/id_map.hpp"
#include "pidns/proc/mountinfo.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/signal/dispositions.hpp"
#include "pidns/util/text.hpp"

namespace {

void expect(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void read_status(std::string_view text) {
  const pidns::ProcStatus status = pidns::parse_status(text);
  expect(status.name.size() <= text.size() && status.pids.size() <= text.size());
}

void read_mountinfo(std::string_view text) {
  pidns::is_shared(text, 1);
  pidns::filesystem_option(text, 1, "hidepid");
  for (const pidns::KeptNamespace& kept : pidns::kept_pid_namespaces(text)) {
    expect(kept.file.size() <= text.size());
  }
  for (const std::string& point : pidns::mount_points_below(text, "/proc")) {
    expect(point.starts_with("/proc/"));
  }
}

/// What other processes may name themselves, as a message or a listing quotes it.
void quote(std::string_view text) {
  const std::string line = pidns::on_one_line(text);
  expect(line.find_first_of({"\0\n\x1b", 3}) == std::string::npos);
  constexpr std::size_t width = 7;
  const std::string_view start = pidns::fit(line, width);
  expect(line.starts_with(start) && pidns::on_one_line(start) == start);
}

}  // namespace

/// Reads a text as each of the files of /proc that pidns reads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_status(text);
  read_mountinfo(text);
  pidns::awaited_set_address(text);
  pidns::signalfd_set(text);
  pidns::pid_of_pidfd(text);
  pidns::is_mapped(text, 1);
  quote(text);
  return 0;
}
