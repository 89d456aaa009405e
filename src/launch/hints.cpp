#include "pidns/launch/hints.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>

#include <array>
#include <cerrno>

#include "pidns/proc/mountinfo.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// The text of a file of /proc; empty if it cannot be read.
std::string read_fact(const std::string& path) {
  try {
    return sys::read_file(AT_FDCWD, path.c_str());
  } catch (const sys::Error&) {
    return {};
  }
}

/// Whether a sysctl exists here and has this value.
bool sysctl_is(const std::string& name, std::string_view value) {
  const std::string text = read_fact("/proc/sys/" + name);
  std::string_view line = text;
  return consume_until(line, '\n') == value && !text.empty();
}

bool is_filtered_by_seccomp() {
  constexpr int filter_mode = 2;  // SECCOMP_MODE_FILTER
  return parse_status(read_fact("/proc/self/status")).seccomp_mode == filter_mode;
}

bool root_is_a_mount_point() {
  try {
    return sys::mount_of(sys::open_directory("/", "/")).is_mount_root;
  } catch (const sys::Error&) {
    return true;
  }
}

/// A namespace that has been asked for, as clone(2), sysctl(8) and /proc name it.
struct Kind {
  int flag;
  std::string_view sysctl;
  std::string_view proc_file;
};

constexpr std::array kinds{
    Kind{CLONE_NEWUSER, "user", "user"}, Kind{CLONE_NEWPID, "pid", "pid"},
    Kind{CLONE_NEWNS, "mnt", "mnt"},     Kind{CLONE_NEWUTS, "uts", "uts"},
    Kind{CLONE_NEWIPC, "ipc", "ipc"},    Kind{CLONE_NEWNET, "net", "net"},
    Kind{CLONE_NEWTIME, "time", "time"}, Kind{CLONE_NEWCGROUP, "cgroup", "cgroup"},
};

/// A filter is no proof that it was the filter, but there is no other trace of one.
std::string explain_filter() {
  return is_filtered_by_seccomp() ? "a seccomp filter is in force and may refuse it: in a container, allow "
                                    "unshare and mount in its seccomp profile"
                                  : "";
}

/// AppArmor lets a user namespace be made, and takes its privilege away.
std::string explain_lost_privilege() {
  return sysctl_is("kernel/apparmor_restrict_unprivileged_userns", "1")
             ? "AppArmor restricts user namespaces here: sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0, or run it as root"
             : "";
}

std::string explain_refused_user_namespace() {
  const bool privileged = sys::has_capability(CAP_SYS_ADMIN);
  if (!privileged && sysctl_is("kernel/unprivileged_userns_clone", "0")) {
    return "user namespaces are closed to users here: sysctl kernel.unprivileged_userns_clone=1, or run it "
           "as root";
  }
  if (std::string lost = explain_lost_privilege(); !privileged && !lost.empty()) {
    return lost;
  }
  if (!root_is_a_mount_point()) {
    return privileged ? "a user namespace cannot be made inside a chroot: leave out --user and the maps"
                      : "a user namespace cannot be made inside a chroot: run it as root";
  }
  return explain_filter();
}

std::string explain_refused_namespace(const Options& options) {
  if ((options.namespaces & CLONE_NEWUSER) != 0) {
    return explain_refused_user_namespace();
  }
  if (!sys::has_capability(CAP_SYS_ADMIN)) {
    return options.automatic_user_namespace
               ? "it needs root (CAP_SYS_ADMIN)"
               : "run it as root, or leave out --no-user to use a user namespace";
  }
  return explain_filter();
}

std::string explain_limit(const Options& options) {
  for (const Kind& kind : kinds) {
    const std::string name = fmt::format("max_{}_namespaces", kind.sysctl);
    if ((options.namespaces & kind.flag) != 0 && sysctl_is("user/" + name, "0")) {
      return fmt::format("user.{} is 0 here: raise it with sysctl", name);
    }
  }
  return sys::at_deepest_pid_namespace() ? "PID namespaces nest 32 levels deep, and this is the last"
                                         : std::string{};
}

std::string explain_missing_kind(const Options& options) {
  for (const Kind& kind : kinds) {
    if ((options.namespaces & kind.flag) != 0 &&
        !sys::exists(AT_FDCWD, fmt::format("/proc/self/ns/{}", kind.proc_file).c_str())) {
      return fmt::format("this kernel has no {} namespaces", kind.proc_file);
    }
  }
  return {};
}

std::string explain_unshare(int error, const Options& options) {
  switch (error) {
    case EPERM:
      return explain_refused_namespace(options);
    case ENOSPC:
      return explain_limit(options);
    case EINVAL:
      return explain_missing_kind(options);
    default:
      return {};
  }
}

/// Directories of proc that are there to be mounted on: they are empty, so a mount hides nothing and the
/// kernel does not mind it.
bool is_made_for_mounting(const std::string& directory) {
  return directory == "/proc/sys/fs/binfmt_misc" || directory == "/proc/fs/nfsd" ||
         directory == "/proc/openprom";
}

/// In a user namespace the kernel mounts a new proc only if one is fully visible already:
/// mount_too_revealing() in fs/namespace.c.
std::string explain_refused_proc() {
  auto covered = mount_points_below(read_fact("/proc/self/mountinfo"), "/proc");
  std::erase_if(covered, is_made_for_mounting);
  if (!covered.empty()) {
    return fmt::format(
        "/proc is partly covered here, so the kernel gives no new one to a user namespace: unmount "
        "{}, or run it as root",
        fmt::join(covered, ", "));
  }
  return explain_lost_privilege();
}

std::string explain_denied_setgroups() {
  return read_fact("/proc/self/setgroups").starts_with("deny")
             ? "--setgid drops the supplementary groups, and this user namespace denies that: it takes "
               "--map-groups or --map-auto without --setgroups=deny"
             : "";
}

std::string explain_join(const sys::Error& error) {
  if (error.call() == sys::Syscall::fork && error.error() == ENOMEM) {
    return "PID 1 of that namespace has ended, and the kernel starts nothing in it any more";
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
      return "its PID namespace is not below ours, and the kernel lets nobody into others";
    default:
      return {};
  }
}

std::string explain(const sys::Error& error, const Options& options) {
  if (options.join) {
    return explain_join(error);
  }
  const bool in_user_namespace = (options.namespaces & CLONE_NEWUSER) != 0;
  if (error.call() == sys::Syscall::unshare) {
    return explain_unshare(error.error(), options);
  }
  if (error.call() == sys::Syscall::mount && error.error() == EPERM && in_user_namespace) {
    return explain_refused_proc();
  }
  if (error.call() == sys::Syscall::mount && error.error() == EINVAL && !options.root &&
      !root_is_a_mount_point()) {
    return fmt::format(
        "/ is no mount point here, as in a chroot: {}--propagation unchanged leaves the mounts "
        "as they are",
        sys::exists(AT_FDCWD, "/proc/self/mountinfo") ? "" : "with a proc mounted on /proc, ");
  }
  if (error.call() == sys::Syscall::write && error.error() == EPERM && in_user_namespace) {
    return explain_lost_privilege();
  }
  if (error.call() == sys::Syscall::setgroups && error.error() == EPERM && in_user_namespace &&
      !options.owner) {
    return explain_denied_setgroups();
  }
  return {};
}

std::string explain_bind(const sys::Error& error, const PinnedNamespace& kept) {
  if (error.error() == EPERM && !sys::has_capability(CAP_SYS_ADMIN)) {
    return "it takes CAP_SYS_ADMIN outside of the new namespaces: run it as root";
  }
  const sys::MountOf mount = sys::mount_of(sys::open_file(AT_FDCWD, kept.file.c_str(), O_PATH));
  if (error.error() == EINVAL && kept.kind == CLONE_NEWNS &&
      is_shared(read_fact("/proc/self/mountinfo"), mount.id)) {
    return fmt::format(
        "{} is on a shared mount, and the kernel passes no mount namespace on to others: mount --bind its "
        "directory on itself, then mount --make-private that",
        kept.file.native());
  }
  return {};
}

/// The failure itself has to be told also when its cause cannot be looked for.
template <typename Explain>
Failure with_hint(const sys::Error& error, Explain explain_it) {
  std::string hint;
  try {
    hint = explain_it();
  } catch (const sys::Error&) {
  }
  return {status_failed, error.what(), hint};
}

}  // namespace

Failure diagnose(const sys::Error& error, const Options& options) {
  return with_hint(error, [&] { return explain(error, options); });
}

Failure diagnose_bind(const sys::Error& error, const PinnedNamespace& kept) {
  return with_hint(error, [&] { return explain_bind(error, kept); });
}

}  // namespace pidns
