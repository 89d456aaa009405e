#include "pidns/sys/mounts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "call.hpp"
#include "pidns/sys/error.hpp"

namespace pidns::sys {

void set_propagation(const char* target, unsigned long flags, const SyscallObserver& observer) {
  const Mount call{.source = "none", .target = target, .type = nullptr, .flags = flags};
  if (observed(observer, call, [&] { return ::mount(call.source, target, nullptr, flags, nullptr); }) == -1) {
    throw_error(Syscall::mount, errno, fmt::format("cannot change the mount propagation of {}", target));
  }
}

void make_private_if_mounted(const char* target, const SyscallObserver& observer) {
  try {
    set_propagation(target, MS_PRIVATE | MS_REC, observer);
  } catch (const Error& error) {
    if (error.error() != EINVAL) {
      throw;
    }
  }
}

void mount_proc(const char* target, const SyscallObserver& observer) {
  constexpr unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  const Mount call{.source = "proc", .target = target, .type = "proc", .flags = flags};
  if (observed(observer, call, [&] { return ::mount(call.source, target, call.type, flags, nullptr); }) ==
      -1) {
    throw_error(Syscall::mount, errno, fmt::format("cannot mount proc on {}", target));
  }
}

void mount_binfmt(const char* target, const SyscallObserver& observer) {
  constexpr unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  const Mount call{"binfmt_misc", target, "binfmt_misc", flags};
  if (observed(observer, call, [&] { return ::mount(call.source, target, call.type, flags, nullptr); }) ==
      -1) {
    throw_error(Syscall::mount_binfmt, errno, fmt::format("cannot mount binfmt_misc on {}", target));
  }
}

UniqueFd make_detached_proc() {
  const UniqueFd filesystem = above_stdio(retry([] { return ::fsopen("proc", FSOPEN_CLOEXEC); }));
  if (filesystem.valid() &&
      retry([&] { return ::fsconfig(filesystem.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0); }) == 0) {
    constexpr unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV;
    UniqueFd proc =
        above_stdio(retry([&] { return ::fsmount(filesystem.get(), FSMOUNT_CLOEXEC, attributes); }));
    if (proc.valid()) {
      return proc;
    }
  }
  throw_error(Syscall::fsmount, errno, "/proc is not that of this PID namespace, and no other can be made");
}

void bind(const char* source, const char* target) {
  if (retry([&] { return ::mount(source, target, nullptr, MS_BIND, nullptr); }) == -1) {
    throw_error(Syscall::mount, errno, fmt::format("cannot bind {} to {}", source, target));
  }
}

void unmount(const char* target) {
  if (retry([&] { return ::umount2(target, MNT_DETACH); }) == -1) {
    throw_error(Syscall::umount, errno, fmt::format("cannot unmount {}", target));
  }
}

MountOf mount_of(const UniqueFd& file) {
  struct statx facts {};
  if (retry([&] { return ::statx(file.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &facts); }) == -1) {
    throw_error(Syscall::statx, errno, "cannot find the mount of a directory");
  }
  return {.id = facts.stx_mnt_id, .is_mount_root = (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
}

void change_root(const char* directory, const SyscallObserver& observer) {
  if (observed(observer, Chroot{directory}, [&] { return ::chroot(directory); }) == -1) {
    throw_error(Syscall::chroot, errno, fmt::format("cannot change root to {}", directory));
  }
  change_directory("/", observer);
}

void change_directory(const char* directory, const SyscallObserver& observer) {
  if (observed(observer, Chdir{directory}, [&] { return ::chdir(directory); }) == -1) {
    throw_error(Syscall::chdir, errno, fmt::format("cannot change directory to {}", directory));
  }
}

}  // namespace pidns::sys
