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

/// Whether anything is mounted on a directory.
bool has_mount_point(std::string_view mountinfo, std::string_view directory);

/// The value of an option of the mounted filesystem, such as hidepid of a proc; empty if it is not set.
std::string filesystem_option(std::string_view mountinfo, std::uint64_t id, std::string_view name);

/// Every mount point strictly below a directory, in the order of the table.
std::vector<std::string> mount_points_below(std::string_view mountinfo, std::string_view directory);

/// A PID namespace that is bound to a file.
struct KeptNamespace {
  std::uint64_t number;
  std::string file;
};

/// Every PID namespace that is mounted on a file, in the order of the table.
std::vector<KeptNamespace> kept_pid_namespaces(std::string_view mountinfo);

}  // namespace pidns
