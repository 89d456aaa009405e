#include "pidns/launch/hints.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>

#include <cerrno>

#include "pidns/proc/mountinfo.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/namespaces.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// Whether a sysctl exists here and has this value.
bool sysctl_is(const std::string& name, std::string_view value) {
  const std::string text = sys::try_read_file(AT_FDCWD, "/proc/sys/" + name);
  std::string_view line = text;
  return consume_until(line, '\n') == value && !text.empty();
}

bool is_filtered_by_seccomp() {
  constexpr int filter_mode = 2;  // SECCOMP_MODE_FILTER
  return parse_status(sys::try_read_file(AT_FDCWD, "/proc/self/status")).seccomp_mode == filter_mode;
}

bool root_is_a_mount_point() {
  try {
    return sys::mount_of(sys::open_directory("/", "/")).is_mount_root;
  } catch (const sys::Error&) {
    return true;
  }
}

/// A filter does not prove that the filter refused, but it leaves no other trace.
std::string hint_for_filter() {
  return is_filtered_by_seccomp() ? "a seccomp filter is in force and may refuse it: in a container, allow "
                                    "unshare and mount in its seccomp profile"
                                  : "";
}

/// AppArmor lets a user namespace be made, and takes its privilege away.
std::string hint_for_lost_privilege() {
  return sysctl_is("kernel/apparmor_restrict_unprivileged_userns", "1")
             ? "AppArmor restricts user namespaces here: sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0, or run it as root"
             : "";
}

std::string hint_for_refused_user_namespace() {
  const bool privileged = sys::has_capability(CAP_SYS_ADMIN);
  if (!privileged && sysctl_is("kernel/unprivileged_userns_clone", "0")) {
    return "unprivileged user namespaces are disabled: sysctl kernel.unprivileged_userns_clone=1, or run it "
           "as root";
  }
  if (std::string lost = hint_for_lost_privilege(); !privileged && !lost.empty()) {
    return lost;
  }
  if (!root_is_a_mount_point()) {
    return privileged ? "a user namespace cannot be made inside a chroot: leave out --user and the maps"
                      : "a user namespace cannot be made inside a chroot: run it as root";
  }
  return hint_for_filter();
}

std::string hint_for_refused_namespace(const Options& options) {
  if ((options.namespaces & CLONE_NEWUSER) != 0) {
    return hint_for_refused_user_namespace();
  }
  if (!sys::has_capability(CAP_SYS_ADMIN)) {
    return options.automatic_user_namespace
               ? "it needs root (CAP_SYS_ADMIN)"
               : "run it as root, or leave out --no-user to use a user namespace";
  }
  return hint_for_filter();
}

std::string hint_for_limit(const Options& options) {
  for (const NamespaceKind& kind : namespace_kinds) {
    const std::string name = fmt::format("max_{}_namespaces", kind.file);
    if ((options.namespaces & kind.flag) != 0 && sysctl_is("user/" + name, "0")) {
      return fmt::format("user.{} is 0 here: raise it with sysctl", name);
    }
  }
  return sys::at_deepest_pid_namespace() ? "PID namespaces nest at most 32 levels, and this is the deepest"
                                         : std::string{};
}

std::string hint_for_missing_kind(const Options& options) {
  for (const NamespaceKind& kind : namespace_kinds) {
    if ((options.namespaces & kind.flag) != 0 &&
        !sys::exists(AT_FDCWD, fmt::format("/proc/self/ns/{}", kind.file).c_str())) {
      return fmt::format("this kernel has no {} namespaces", kind.file);
    }
  }
  return {};
}

std::string hint_for_unshare(int error, const Options& options) {
  switch (error) {
    case EPERM:
      return hint_for_refused_namespace(options);
    case ENOSPC:
      return hint_for_limit(options);
    case EINVAL:
      return hint_for_missing_kind(options);
    default:
      return {};
  }
}

/// Directories of proc that exist to be mounted on: they are empty, so the kernel ignores mounts there.
bool is_made_for_mounting(const std::string& directory) {
  return directory == "/proc/sys/fs/binfmt_misc" || directory == "/proc/fs/nfsd" ||
         directory == "/proc/openprom";
}

/// In a user namespace the kernel mounts a new proc only if one is fully visible already:
/// mount_too_revealing() in fs/namespace.c.
std::string hint_for_refused_proc() {
  auto covered = mount_points_below(sys::try_read_file(AT_FDCWD, "/proc/self/mountinfo"), "/proc");
  std::erase_if(covered, is_made_for_mounting);
  if (!covered.empty()) {
    return fmt::format(
        "/proc is partly covered here, so the kernel refuses a new one to a user namespace: unmount "
        "{}, or run it as root",
        fmt::join(covered, ", "));
  }
  return hint_for_lost_privilege();
}

std::string hint_for_denied_setgroups() {
  return sys::try_read_file(AT_FDCWD, "/proc/self/setgroups").starts_with("deny")
             ? "--setgid drops the supplementary groups, and this user namespace denies that: use "
               "--map-groups or --map-auto without --setgroups=deny"
             : "";
}

std::string hint_for_join(const sys::Error& error) {
  if (error.call() == sys::Syscall::fork && error.error() == ENOMEM) {
    return "PID 1 of that namespace has exited, so the kernel creates no process in it";
  }
  if (error.call() != sys::Syscall::setns) {
    return {};
  }
  switch (error.error()) {
    case EACCES:
    case EPERM:
      return sys::has_capability(CAP_SYS_ADMIN)
                 ? std::string{}
                 : "run it as root, or as the user who made the user namespace of that process";
    case EINVAL:
      return "only descendant PID namespaces can be joined";
    default:
      return {};
  }
}

std::string hint_for(const sys::Error& error, const Options& options) {
  if (options.join) {
    return hint_for_join(error);
  }
  const bool in_user_namespace = (options.namespaces & CLONE_NEWUSER) != 0;
  if (error.call() == sys::Syscall::unshare) {
    return hint_for_unshare(error.error(), options);
  }
  if (error.call() == sys::Syscall::mount && error.error() == EPERM && in_user_namespace) {
    return hint_for_refused_proc();
  }
  if (error.call() == sys::Syscall::mount && error.error() == EINVAL && !options.root &&
      !root_is_a_mount_point()) {
    return fmt::format(
        "/ is not a mount point here, as in a chroot: {}--propagation unchanged leaves the mounts "
        "as they are",
        sys::exists(AT_FDCWD, "/proc/self/mountinfo") ? "" : "with a proc mounted on /proc, ");
  }
  if (error.call() == sys::Syscall::write && error.error() == EPERM && in_user_namespace) {
    return hint_for_lost_privilege();
  }
  if (error.call() == sys::Syscall::setgroups && error.error() == EPERM && in_user_namespace &&
      !options.owner) {
    return hint_for_denied_setgroups();
  }
  return {};
}

std::string hint_for_bind(const sys::Error& error, const PinnedNamespace& pinned, const UniqueFd& target) {
  if (error.error() == EPERM && !sys::has_capability(CAP_SYS_ADMIN)) {
    return "this requires CAP_SYS_ADMIN outside the new namespaces: run it as root";
  }
  const sys::MountOf mount = sys::mount_of(target);
  if (error.error() == EINVAL && pinned.kind == CLONE_NEWNS &&
      is_shared(sys::try_read_file(AT_FDCWD, "/proc/self/mountinfo"), mount.id)) {
    return fmt::format(
        "{} is on a shared mount, where a mount namespace cannot be bound: mount --bind its "
        "directory on itself, then mount --make-private that",
        pinned.file.native());
  }
  return {};
}

}  // namespace

// Where the cause cannot be looked for, the failure itself must still be reported.

Failure diagnose(const sys::Error& error, const Options& options) {
  return {status_failed, error.what(), sys::or_default_on_error([&] { return hint_for(error, options); })};
}

Failure diagnose_bind(const sys::Error& error, const PinnedNamespace& pinned, const UniqueFd& target) {
  return {status_failed, error.what(),
          sys::or_default_on_error([&] { return hint_for_bind(error, pinned, target); })};
}

}  // namespace pidns
