#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pidns {

/// Whether a mount belongs to a peer group, so that what is mounted below it shows up elsewhere too.
/// @param mountinfo the text of /proc/PID/mountinfo: proc_pid_mountinfo(5)
/// @param id of the mount, its first column
bool is_shared(std::string_view mountinfo, std::uint64_t id);

/// Every mount point strictly below a directory, in the order of the table.
std::vector<std::string> mount_points_below(std::string_view mountinfo, std::string_view directory);

}  // namespace pidns
