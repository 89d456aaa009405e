#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The system calls of mounts that are open files, of Linux 5.2: glibc has them since 2.36, musl does not.
/// What is made closes on exec.
namespace pidns::sys::kernel {

inline int fsopen(const char* type) {
  constexpr unsigned close_on_exec = 1;  // FSOPEN_CLOEXEC
  return static_cast<int>(::syscall(__NR_fsopen, type, close_on_exec));
}

/// Makes the filesystem: FSCONFIG_CMD_CREATE.
inline int fsconfig_create(int filesystem) {
  constexpr unsigned create = 6;
  return static_cast<int>(::syscall(__NR_fsconfig, filesystem, create, nullptr, nullptr, 0));
}

/// Mounts it nosuid, nodev and noexec, but nowhere.
inline int fsmount_confined(int filesystem) {
  constexpr unsigned close_on_exec = 1;       // FSMOUNT_CLOEXEC
  constexpr unsigned attributes = 2 | 4 | 8;  // MOUNT_ATTR_NOSUID, _NODEV and _NOEXEC
  return static_cast<int>(::syscall(__NR_fsmount, filesystem, close_on_exec, attributes));
}

/// A copy of a mount: OPEN_TREE_CLONE.
inline int open_tree_clone(int directory, const char* path) {
  constexpr unsigned clone = 1;
  return static_cast<int>(::syscall(__NR_open_tree, directory, path, clone | O_CLOEXEC));
}

/// Puts a mount on an open file: MOVE_MOUNT_F_EMPTY_PATH and MOVE_MOUNT_T_EMPTY_PATH.
inline int move_mount_to(int mount, int target) {
  constexpr unsigned empty_paths = 0x4 | 0x40;
  return static_cast<int>(::syscall(__NR_move_mount, mount, "", target, "", empty_paths));
}

}  // namespace pidns::sys::kernel
