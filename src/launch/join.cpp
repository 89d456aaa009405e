#include "pidns/launch/join.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sched.h>

#include <cerrno>
#include <filesystem>

#include "pidns/launch/id_map.hpp"
#include "pidns/launch/user_namespace.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/proc/process_ids.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

class Joiner {
 public:
  Joiner(pid_t pid, const UniqueFd& proc, const sys::SyscallObserver& observer, Log& log)
      : pid_(pid), proc_(proc), observer_(observer), log_(log) {}

  void join() {
    const UniqueFd target = open_target();
    const int flags = namespaces_to_enter();
    if ((flags & CLONE_NEWPID) == 0) {
      warn_of_same_namespace();
    }
    if (flags == 0) {
      return;
    }
    const bool change_ids = (flags & CLONE_NEWUSER) != 0 && !is_mapped(read("uid_map"), current_ids().user);
    if (change_ids && sys::has_capability(CAP_SETGID)) {
      sys::drop_groups(observer_);  // inside, that may be forbidden
    }
    std::error_code no_directory;
    const std::filesystem::path directory = std::filesystem::current_path(no_directory);
    // Our child shares our memory until it executes the command, and processes inside could trace it.
    sys::hide_memory(observer_);
    sys::enter_namespaces(target, flags, context(), observer_);
    log_.info("entered {} of process {}", describe_namespaces(flags), pid_);
    if (change_ids) {
      become_user_of_target();
      sys::hide_memory(observer_);  // again: with fs.suid_dumpable=1 the kernel shows it when IDs change
    }
    if ((flags & CLONE_NEWNS) != 0) {
      return_to(directory);
    }
  }

 private:
  [[nodiscard]] std::string context() const { return fmt::format("cannot join process {}", pid_); }

  [[noreturn]] void throw_join_error(int error) const {
    sys::throw_error(sys::Syscall::setns, error, context());
  }

  std::string read(std::string_view file) {
    return sys::read_file(proc_.get(), fmt::format("{}/{}", pid_, file).c_str());
  }

  /// What /proc shows is the PID in its own namespace, which may be further up than ours, as after
  /// `pidns --fork`; the kernel takes it as a PID in ours.
  UniqueFd open_target() {
    const auto own = read_own_status(proc_);
    const auto status = read_status(proc_, pid_);
    if (!own || !status || status->state == 'Z') {
      throw_join_error(ESRCH);
    }
    if (status->pids.size() < own->pids.size()) {
      throw_join_error(EINVAL);
    }
    UniqueFd target = sys::open_pidfd(status->pids[own->pids.size() - 1]);
    if (proc_pid_of(proc_, target) != pid_) {
      throw_join_error(EINVAL);  // as far down, but beside our namespace
    }
    return target;
  }

  int namespaces_to_enter() {
    int flags = 0;
    for (const int flag : {CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNS}) {
      const std::string_view file = namespace_kind(flag).file;
      const bool same = namespace_number(fmt::format("{}", pid_), file) == namespace_number("self", file);
      flags |= same ? 0 : flag;
    }
    return flags;
  }

  ino_t namespace_number(std::string_view process, std::string_view file) {
    try {
      return sys::inode_of(proc_.get(), fmt::format("{}/ns/{}", process, file).c_str());
    } catch (const sys::Error& error) {
      throw_join_error(error.error() == ENOENT ? ESRCH : error.error());
    }
  }

  void warn_of_same_namespace() {
    const std::string process = fmt::format("{}", pid_);
    const ino_t of_children = namespace_number(process, "pid_for_children");
    const std::string advice =
        of_children == namespace_number(process, "pid")
            ? std::string()
            : fmt::format("; its children are in pid:[{}]: join one of them", of_children);
    log_.warn("process {} is in our own PID namespace, and so is COMMAND{}", pid_, advice);
  }

  /// A user not mapped in the namespace cannot create files there.
  void become_user_of_target() {
    // Opened in the new user namespace, it shows the IDs as they are inside.
    const auto status = read_status(proc_, pid_);
    if (!status) {
      throw_join_error(ESRCH);
    }
    sys::set_group(status->group, observer_);
    sys::set_user(status->user, observer_);
  }

  /// The kernel has put us into the root directory of the new mount namespace: setns(2).
  void return_to(const std::filesystem::path& directory) {
    try {
      sys::change_directory(directory.c_str(), observer_);
    } catch (const sys::Error&) {
      // It does not exist there, or is not for us: we stay in the root directory.
    }
  }

  pid_t pid_;
  const UniqueFd& proc_;
  const sys::SyscallObserver& observer_;
  Log& log_;
};

}  // namespace

void join_namespaces(pid_t pid, const UniqueFd& proc, const sys::SyscallObserver& observer, Log& log) {
  Joiner(pid, proc, observer, log).join();
}

}  // namespace pidns
