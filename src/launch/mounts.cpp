#include "pidns/launch/mounts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>

#include <cerrno>

#include "pidns/launch/binfmt.hpp"
#include "pidns/proc/mountinfo.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/resolve.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

/// Whether mounts made by the command may show up on the host: --propagation shared and unchanged. In a user
/// namespace of its own the kernel has turned every shared mount into a slave: mount_namespaces(7).
bool propagates_to_host(const Options& options) {
  return (options.propagation & (MS_PRIVATE | MS_SLAVE)) == 0 && (options.namespaces & CLONE_NEWUSER) == 0;
}

/// The host would see our proc if it lands on a mount that it shares; a mount point can be made private
/// first, but not a plain directory.
void refuse_shared_target(const Options& options, const UniqueFd& target) {
  const std::uint64_t mount = sys::mount_of(target);
  const auto known = sys::is_mount_point(target);
  const bool is_mount_point =
      known ? *known : sys::mount_of(sys::open_file(target.get(), "..", O_PATH)) != mount;
  if (!is_mount_point && is_shared(sys::read_file(AT_FDCWD, "/proc/self/mountinfo"), mount)) {
    throw Failure(
        status_failed,
        fmt::format("--mount-proc={}: not a mount point, so with this --propagation the host would see "
                    "the new proc too",
                    options.mount_proc->native()),
        {});
  }
}

/// A process that has the root directory open does not see what is mounted on it: COMMAND would go on with
/// the /proc of the host.
/// @param path as mount(2) will look it up, where the root stays
/// @param new_root not valid: the root stays
void refuse_root_directory(const Options& options, const UniqueFd& target, const std::filesystem::path& path,
                           const UniqueFd& new_root) {
  const bool stays = !new_root.valid();
  const sys::Place root = stays ? sys::Place{AT_FDCWD, "/"} : sys::Place{new_root.get(), "."};
  const sys::Place place = stays ? sys::Place{AT_FDCWD, path.c_str()} : sys::Place{target.get(), "."};
  // A bind mount of the root directory is another place.
  if (sys::is_same_directory(root, place, "cannot look at the root directory") &&
      sys::mount_of(target) == sys::mount_of(sys::open_file(root.directory, root.path, O_PATH))) {
    throw Failure(
        status_failed,
        fmt::format("cannot mount proc on {}: is the root directory, where a new proc cannot be seen",
                    options.mount_proc->native()),
        {});
  }
}

/// Opens where the new proc is to be mounted.
/// @param open opens a directory in the new root, if there is one
template <typename Open>
UniqueFd open_proc_target(const Options& options, const std::filesystem::path& target, Open open) {
  if (!options.proc_is_implied) {
    return open(target, "--mount-proc=" + options.mount_proc->native());
  }
  try {
    return open(target, "cannot mount proc on " + options.mount_proc->native());
  } catch (const sys::Error& error) {
    if (error.error() != ENOENT) {
      throw;
    }
    const std::string root = options.root ? options.root->native() : "/";
    throw Failure(status_failed, error.what(),
                  fmt::format("{0} has no directory proc: mkdir {0}{1}proc, or add --fork to do without",
                              root, root.ends_with('/') ? "" : "/"));
  }
}

/// Whether a directory comes into being only with the new proc, like the one where binfmt_misc belongs.
bool is_in_new_proc(const Options& options, const std::filesystem::path& directory) {
  if (!options.mount_proc) {
    return false;
  }
  const std::filesystem::path below = directory.lexically_normal().lexically_relative(*options.mount_proc);
  return !below.empty() && *below.begin() != "..";
}

}  // namespace

void check_directories(const Options& options) {
  const UniqueFd root = options.root
                            ? sys::open_directory(options.root->c_str(), "--root=" + options.root->native())
                            : UniqueFd();
  const auto open = [&](const std::filesystem::path& path, const std::string& context) {
    return root.valid() ? sys::open_directory_in_root(root, path.c_str(), context + " in the new root")
                        : sys::open_directory(path.c_str(), context);
  };
  const std::filesystem::path start = options.working_directory.value_or("");
  if (!start.empty()) {
    open(start, "--wd=" + start.native());
  }
  if (options.mount_proc) {
    const UniqueFd target = open_proc_target(options, start / *options.mount_proc, open);
    refuse_root_directory(options, target, start / *options.mount_proc, root);
    if (propagates_to_host(options)) {
      refuse_shared_target(options, target);
    }
  }
  if (options.mount_binfmt && !is_in_new_proc(options, *options.mount_binfmt)) {
    open(start / *options.mount_binfmt, "--mount-binfmt=" + options.mount_binfmt->native());
  }
}

void prepare_mounts(const Options& options, const sys::SyscallObserver& observer) {
  // Propagation before any mount: what is mounted on a shared mount shows up on the host.
  if ((options.namespaces & CLONE_NEWNS) != 0 && options.propagation != 0) {
    sys::set_propagation("/", options.propagation, observer);
  }
  load_fixed_interpreter(options, observer);
  // Root before the working directory, proc and binfmt_misc, whose directories are those of the new root.
  if (options.root) {
    sys::change_root(options.root->c_str(), observer);
  }
  if (options.working_directory) {
    sys::change_directory(options.working_directory->c_str(), observer);
  }
  if (options.mount_proc) {
    if (propagates_to_host(options)) {
      sys::make_private_if_mounted(options.mount_proc->c_str(), observer);
    }
    sys::mount_proc(options.mount_proc->c_str(), observer);
  }
  mount_binfmt(options, observer);
}

}  // namespace pidns
