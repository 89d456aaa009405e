#include "pidns/sys/mounts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "call.hpp"
#include "new_calls.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/text.hpp"

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

namespace {

/// Mounts a new filesystem that nothing can be executed from.
void mount_new(Syscall name, const char* type, const char* target, const SyscallObserver& observer) {
  constexpr unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  const Mount call{.source = type, .target = target, .type = type, .flags = flags};
  if (observed(observer, call, [&] { return ::mount(type, target, type, flags, nullptr); }) == -1) {
    throw_error(name, errno, fmt::format("cannot mount {} on {}", type, target));
  }
}

}  // namespace

void mount_proc(const char* target, const SyscallObserver& observer) {
  mount_new(Syscall::mount, "proc", target, observer);
  // A directory that leads to / is covered for others than those who are inside already. What is mounted on
  // the working directory cannot be seen through it either.
  if (*target != '/') {
    return;
  }
  const std::string self = fmt::format("{}/self", target);
  std::array<char, 16> number{};
  const ssize_t size = retry([&] { return ::readlink(self.c_str(), number.data(), number.size()); });
  const std::string_view found(number.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (found != fmt::format("{}", ::getpid())) {
    throw_error(Syscall::readlink, size == -1 ? errno : EXDEV,
                fmt::format("cannot see the new proc on {}", target));
  }
}

void mount_binfmt(const char* target, const SyscallObserver& observer) {
  mount_new(Syscall::mount_binfmt, "binfmt_misc", target, observer);
}

UniqueFd make_detached_proc() {
  const UniqueFd filesystem = above_stdio(retry([] { return kernel::fsopen("proc"); }));
  if (filesystem.valid() && retry([&] { return kernel::fsconfig_create(filesystem.get()); }) == 0) {
    UniqueFd proc = above_stdio(retry([&] { return kernel::fsmount_confined(filesystem.get()); }));
    if (proc.valid()) {
      return proc;
    }
  }
  throw_error(Syscall::fsmount, errno, "/proc is not that of this PID namespace, and no other can be made");
}

namespace {

/// A path that leads to an open file and to no other.
std::string path_of(const UniqueFd& file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

}  // namespace

UniqueFd bind(const char* source, const UniqueFd& target, std::string_view name) {
  UniqueFd mount = above_stdio(retry([&] { return kernel::open_tree_clone(AT_FDCWD, source); }));
  if (mount.valid() && retry([&] { return kernel::move_mount_to(mount.get(), target.get()); }) == 0) {
    return mount;
  }
  // Before Linux 5.2, or under an old filter of system calls. Why it is refused is the same in both ways.
  const std::string path = path_of(target);
  if (retry([&] { return ::mount(source, path.c_str(), nullptr, MS_BIND, nullptr); }) == -1) {
    throw_error(Syscall::mount, errno, fmt::format("cannot bind {} to {}", source, name));
  }
  return {};
}

void unmount(const UniqueFd& mount, const UniqueFd& target) {
  const std::string path = path_of(mount.valid() ? mount : target);
  retry([&] { return ::umount2(path.c_str(), MNT_DETACH); });
}

bool keeps_namespace(const UniqueFd& file) {
  struct statfs facts {};
  return retry([&] { return ::fstatfs(file.get(), &facts); }) == 0 && facts.f_type == NSFS_MAGIC;
}

std::uint64_t mount_of(const UniqueFd& file) {
  return leading_number<std::uint64_t>(
      value_of(read_file(AT_FDCWD, fmt::format("/proc/self/fdinfo/{}", file.get()).c_str()), "mnt_id"));
}

std::optional<bool> is_mount_point(const UniqueFd& directory) {
  constexpr std::uint64_t mount_root = 0x2000;  // STATX_ATTR_MOUNT_ROOT, which older headers lack
  struct statx facts {};
  const int result = retry([&] { return ::statx(directory.get(), "", AT_EMPTY_PATH, 0, &facts); });
  return result == 0 && (facts.stx_attributes_mask & mount_root) != 0
             ? std::optional((facts.stx_attributes & mount_root) != 0)
             : std::nullopt;
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
