#include "pidns/launch/hints.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "pidns/launch/id_map.hpp"
#include "pidns/proc/confinement.hpp"
#include "pidns/proc/mountinfo.hpp"
#include "pidns/proc/pid_namespace.hpp"
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

std::string read_own(const char* file) {
  return sys::try_read_file(AT_FDCWD, fmt::format("/proc/self/{}", file));
}

bool is_filtered_by_seccomp() {
  constexpr int filter_mode = 2;  // SECCOMP_MODE_FILTER
  return parse_status(read_own("status")).seccomp_mode == filter_mode;
}

bool in_initial_user_namespace() {
  constexpr ino_t initial = 0xEFFFFFFDU;  // PROC_USER_INIT_INO, include/linux/proc_ns.h
  return sys::inode_of(AT_FDCWD, "/proc/self/ns/user") == initial;
}

/// How the caller gets CAP_SYS_ADMIN. Root may lack it too, as in a container.
std::string way_to_privilege(const Options& options) {
  return options.caller_is_root ? "give it CAP_SYS_ADMIN, which root lacks here" : "run it as root";
}

bool root_is_a_mount_point() {
  if (const auto known =
          sys::or_default_on_error([] { return sys::is_mount_point(sys::open_directory("/", "/")); })) {
    return *known;
  }
  const std::string mountinfo = read_own("mountinfo");
  return mountinfo.empty() || has_mount_point(mountinfo, "/");
}

/// The calls that containers refuse, by the names that their profiles have for them.
std::string_view name_of(sys::Syscall call) {
  switch (call) {
    case sys::Syscall::unshare:
    case sys::Syscall::mount:
    case sys::Syscall::mount_binfmt:
      return "unshare and mount";
    case sys::Syscall::setns:
      return "setns";
    case sys::Syscall::signalfd:
      return "signalfd4";
    default:
      return {};
  }
}

/// A filter does not prove that the filter refused, but it leaves no other trace.
std::string hint_for_filter(sys::Syscall call) {
  return is_filtered_by_seccomp()
             ? fmt::format(
                   "a seccomp filter is in force and may refuse it: in a container, allow {} in its seccomp "
                   "profile",
                   name_of(call))
             : "";
}

/// Neither does a profile prove it.
std::string hint_for_confinement() {
  const std::string confinement = describe_confinement(read_own("attr/current"));
  return confinement.empty()
             ? ""
             : fmt::format("{} confines pidns and may refuse it: run it without, or allow it there",
                           confinement);
}

/// Most security modules answer EACCES. Filters answer EPERM or ENOSYS.
std::string hint_for_refused_call(sys::Syscall call, int error) {
  if (name_of(call).empty() || (error != EPERM && error != EACCES && error != ENOSYS)) {
    return {};
  }
  std::string filter = error == EACCES ? "" : hint_for_filter(call);
  return filter.empty() && error != ENOSYS ? hint_for_confinement() : filter;
}

/// AppArmor lets a user namespace be made, and takes its privilege away.
std::string hint_for_lost_privilege(const Options& options) {
  return sysctl_is("kernel/apparmor_restrict_unprivileged_userns", "1")
             ? "AppArmor restricts user namespaces here: sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0, or " +
                   way_to_privilege(options)
             : "";
}

std::string hint_for_refused_user_namespace(const Options& options) {
  const bool privileged = sys::has_capability(CAP_SYS_ADMIN);
  if (!privileged && sysctl_is("kernel/unprivileged_userns_clone", "0")) {
    return "unprivileged user namespaces are disabled: sysctl kernel.unprivileged_userns_clone=1, or " +
           way_to_privilege(options);
  }
  if (std::string lost = hint_for_lost_privilege(options); !privileged && !lost.empty()) {
    return lost;
  }
  if (!root_is_a_mount_point()) {
    return "a user namespace cannot be made inside a chroot: " +
           (privileged ? "leave out --user and the maps" : way_to_privilege(options));
  }
  return hint_for_refused_call(sys::Syscall::unshare, EPERM);
}

std::string hint_for_refused_namespace(const Options& options) {
  if ((options.namespaces & CLONE_NEWUSER) != 0) {
    return hint_for_refused_user_namespace(options);
  }
  if (!sys::has_capability(CAP_SYS_ADMIN)) {
    return options.automatic_user_namespace
               ? "it needs root (CAP_SYS_ADMIN)"
               : way_to_privilege(options) + ", or leave out --no-user to use a user namespace";
  }
  return hint_for_refused_call(sys::Syscall::unshare, EPERM);
}

std::string hint_for_limit(const Options& options) {
  if (std::string hint = hint_for_zero_limit(options.namespaces); !hint.empty()) {
    return hint;
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
      return hint_for_refused_call(sys::Syscall::unshare, error);
  }
}

/// Directories of proc that exist to be mounted on: they are empty, so the kernel ignores mounts there.
bool is_made_for_mounting(const std::string& directory) {
  return directory == "/proc/sys/fs/binfmt_misc" || directory == "/proc/fs/nfsd" ||
         directory == "/proc/openprom";
}

/// What uncovers parts of /proc, or does without.
std::string way_around_covers(const Options& options, const std::string& covers) {
  const std::string without =
      options.proc_is_implied ? "add --fork to do without" : "use --fork instead of --mount-proc";
  if ((options.namespaces & CLONE_NEWUSER) == 0) {
    return fmt::format("uncover {} where this user namespace was made, or {}", covers, without);
  }
  return options.caller_is_root
             ? fmt::format("unmount {}, {}, or run it with CAP_SYS_ADMIN and no user namespace", covers,
                           without)
             : fmt::format("unmount {}, or run it as root", covers);
}

/// In a user namespace the kernel mounts a new proc only if one is fully visible already:
/// mount_too_revealing() in fs/namespace.c.
std::string hint_for_refused_proc(const Options& options) {
  auto covered = mount_points_below(read_own("mountinfo"), "/proc");
  std::erase_if(covered, is_made_for_mounting);
  if (covered.empty()) {
    const bool own = (options.namespaces & CLONE_NEWUSER) != 0;
    std::string lost = own ? hint_for_lost_privilege(options) : "";
    return lost.empty() ? hint_for_refused_call(sys::Syscall::mount, EPERM) : lost;
  }
  return fmt::format("/proc is partly covered here, so the kernel refuses a new one to a user namespace: {}",
                     way_around_covers(options, fmt::format("{}", fmt::join(covered, ", "))));
}

/// An ID that does not exist in the user namespace of the command.
std::string hint_for_unmapped_id(IdKind kind, unsigned id) {
  const bool is_user = kind == IdKind::user;
  const auto map = parse_id_map(read_own(is_user ? "uid_map" : "gid_map"));
  if (std::any_of(map.begin(), map.end(), [&](const IdRange& range) {
        return id >= range.inner && id - range.inner < range.count;
      })) {
    return {};
  }
  const std::string way = id == 0   ? "-r maps you to root"
                          : is_user ? fmt::format("--map-user={} maps you to it", id)
                                    : "map it with --map-groups";
  return fmt::format("{} {} does not exist in the user namespace: {}", is_user ? "user" : "group", id, way);
}

std::string hint_for_denied_setgroups(const Options& options) {
  if (!read_own("setgroups").starts_with("deny")) {
    return {};
  }
  return fmt::format(
      "--setgid drops the supplementary groups, and this user namespace denies that: use --map-groups or "
      "--map-auto without --setgroups=deny{}",
      options.group == gid_t{0} ? ", or -r without --setgid to be root" : "");
}

std::string hint_for_lacking_capability(int capability, std::string_view name) {
  return sys::has_capability(capability) ? std::string() : fmt::format("it needs {}", name);
}

/// The kernel shows the namespaces of a process only to one that has all of its capabilities, or
/// CAP_SYS_PTRACE: ptrace(2), "Ptrace access mode checking".
std::string hint_for_refused_join(const Options& options, const sys::Error& error) {
  const auto pid = static_cast<pid_t>(options.join->number);
  if (!sys::has_capability(CAP_SYS_ADMIN)) {
    if (options.join_namespaces != 0 && (options.join_namespaces & CLONE_NEWUSER) == 0 && ::geteuid() != 0) {
      return "without root, add --user, or name no namespace to enter all of them";
    }
    return ::geteuid() != 0 ? "run it as root, or as the user who made the user namespace of that process"
                            : "it needs CAP_SYS_ADMIN, which root lacks here";
  }
  const ProcStatus target = parse_status(sys::try_read_file(AT_FDCWD, fmt::format("/proc/{}/status", pid)));
  const ProcStatus own = parse_status(read_own("status"));
  if (error.error() == EACCES && (target.capabilities & ~own.capabilities) != 0 &&
      !sys::has_capability(CAP_SYS_PTRACE)) {
    return fmt::format("process {} has capabilities that pidns lacks: it needs these, or CAP_SYS_PTRACE",
                       pid);
  }
  return hint_for_refused_call(sys::Syscall::setns, error.error());
}

/// hidepid makes a process that exists look like one that does not.
std::string hint_for_hidden_process() {
  const UniqueFd proc = sys::open_directory("/proc", "/proc");
  const std::string hidepid = hiding_option(proc, read_own("mountinfo"));
  return hidepid.empty()
             ? ""
             : fmt::format("/proc is mounted with hidepid={}, which may hide it: run it as root", hidepid);
}

std::string hint_for_join(const sys::Error& error, const Options& options) {
  if (error.call() == sys::Syscall::fork && error.error() == ENOMEM) {
    return "PID 1 of that namespace has exited, so the kernel creates no process in it";
  }
  if (error.call() != sys::Syscall::setns) {
    return hint_for_refused_call(error.call(), error.error());
  }
  switch (error.error()) {
    case EACCES:
    case EPERM:
      return hint_for_refused_join(options, error);
    case ESRCH:
      return hint_for_hidden_process();
    case EINVAL:
      return "only descendant PID namespaces can be joined";
    default:
      return hint_for_refused_call(error.call(), error.error());
  }
}

std::string hint_for(const sys::Error& error, const Options& options) {
  if (options.join) {
    return hint_for_join(error, options);
  }
  const bool in_user_namespace = (options.namespaces & CLONE_NEWUSER) != 0;
  if (error.call() == sys::Syscall::unshare) {
    return hint_for_unshare(error.error(), options);
  }
  if (error.call() == sys::Syscall::mount && error.error() == EPERM &&
      (in_user_namespace || !in_initial_user_namespace())) {
    return hint_for_refused_proc(options);
  }
  if (error.call() == sys::Syscall::mount && error.error() == EINVAL && !options.root &&
      !root_is_a_mount_point()) {
    return fmt::format(
        "/ is not a mount point here, as in a chroot: {}--propagation unchanged leaves the mounts "
        "as they are",
        sys::exists(AT_FDCWD, "/proc/self/mountinfo") ? "" : "with a proc mounted on /proc, ");
  }
  if (error.call() == sys::Syscall::write && error.error() == EPERM && in_user_namespace) {
    return hint_for_lost_privilege(options);
  }
  if (error.call() == sys::Syscall::setgroups && error.error() == EPERM && in_user_namespace &&
      !options.owner) {
    return hint_for_denied_setgroups(options);
  }
  if (error.call() == sys::Syscall::setresuid && options.user) {
    return error.error() == EINVAL ? hint_for_unmapped_id(IdKind::user, *options.user)
                                   : hint_for_lacking_capability(CAP_SETUID, "CAP_SETUID");
  }
  if ((error.call() == sys::Syscall::setresgid || error.call() == sys::Syscall::setgroups) && options.group) {
    return error.error() == EINVAL ? hint_for_unmapped_id(IdKind::group, *options.group)
                                   : hint_for_lacking_capability(CAP_SETGID, "CAP_SETGID");
  }
  return hint_for_refused_call(error.call(), error.error());
}

std::string hint_for_bind(const sys::Error& error, const PinnedNamespace& pinned, const UniqueFd& target) {
  if (error.error() == EPERM && !sys::has_capability(CAP_SYS_ADMIN)) {
    return fmt::format("this requires CAP_SYS_ADMIN outside the new namespaces{}",
                       ::geteuid() == 0 ? ", which root lacks here" : ": run it as root");
  }
  if (error.error() == EINVAL && pinned.kind == CLONE_NEWNS &&
      is_shared(read_own("mountinfo"), sys::mount_of(target))) {
    return fmt::format(
        "{} is on a shared mount, where a mount namespace cannot be bound: mount --bind its "
        "directory on itself, then mount --make-private that",
        pinned.file.native());
  }
  return {};
}

}  // namespace

std::string hint_for_zero_limit(int namespaces) {
  for (const NamespaceKind& kind : namespace_kinds) {
    const std::string name = fmt::format("max_{}_namespaces", kind.file);
    if ((namespaces & kind.flag) != 0 && sysctl_is("user/" + name, "0")) {
      return fmt::format("user.{} is 0 here: raise it with sysctl", name);
    }
  }
  return {};
}

// Where the cause cannot be looked for, the failure itself must still be reported.

Failure diagnose(const sys::Error& error, const Options& options) {
  return {status_failed, error.what(), sys::or_default_on_error([&] { return hint_for(error, options); })};
}

Failure diagnose_bind(const sys::Error& error, const PinnedNamespace& pinned, const UniqueFd& target) {
  return {status_failed, error.what(),
          sys::or_default_on_error([&] { return hint_for_bind(error, pinned, target); })};
}

}  // namespace pidns
