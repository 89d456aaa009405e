#pragma once

#include <string>
#include <string_view>

#include "pidns/util/unique_fd.hpp"

/// Looking up paths that another user may be changing at this moment.
namespace pidns::sys {

/// As open_directory(), with every path taken as if `root` were /. Each name is looked up once in a directory
/// that is open, so that no renaming leads out of `root` or makes the lookup fail, as it does openat2(2) with
/// RESOLVE_IN_ROOT (EAGAIN).
/// @param context what to say when there is none
UniqueFd open_directory_in_root(const UniqueFd& root, const char* path, std::string_view context);

/// A path from an open directory or AT_FDCWD on.
struct Place {
  int directory;
  const char* path;
};

/// Whether two paths lead to the same directory.
/// @param context what to say when one cannot be looked at
bool is_same_directory(Place one, Place other, const char* context);

/// Opens a file to mount something on: O_PATH. A symbolic link at the end of the path is followed if root or
/// the caller owns it: another user may exchange it at any moment.
/// @param context what to say when there is none
UniqueFd open_mount_target(std::string path, const std::string& context);

}  // namespace pidns::sys
