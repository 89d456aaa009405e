#include "pidns/launch/join.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "pidns/launch/id_map.hpp"
#include "pidns/launch/user_namespace.hpp"
#include "pidns/proc/open_proc.hpp"
#include "pidns/proc/pid_namespace.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/proc/process_ids.hpp"
#include "pidns/process/target.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/namespaces.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

class Joiner {
 public:
  /// @param named CLONE_NEW* of those to enter; 0: all that differ
  Joiner(pid_t pid, int named, const UniqueFd& proc, const sys::SyscallObserver& observer, Log& log)
      : pid_(pid), named_(named), proc_(proc), observer_(observer), log_(log) {}

  void join() {
    // It stays the directory of this process, whatever becomes of its PID.
    const UniqueFd process = open_of_target(proc_, fmt::format("{}", pid_), O_PATH | O_DIRECTORY);
    const UniqueFd pidfd = open_pidfd();
    const int flags = namespaces_to_enter();
    if ((flags & CLONE_NEWPID) == 0) {
      throw Failure(status_failed, context() + ": it is in our own PID namespace",
                    "pidns --list shows the PID namespaces below");
    }
    const bool change_ids = (flags & CLONE_NEWUSER) != 0 && !is_mapped(read("uid_map"), current_ids().user);
    if (change_ids && sys::has_capability(CAP_SETGID)) {
      sys::drop_groups(observer_);  // inside, that may be forbidden
    }
    std::error_code no_directory;
    const std::filesystem::path directory = std::filesystem::current_path(no_directory);
    // Our child shares our memory until it executes the command, and processes inside could trace it.
    sys::hide_memory(observer_);
    enter(process, pidfd, flags);
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

  /// Opens a file of the process in /proc: if it is missing, the process has ended.
  UniqueFd open_of_target(const UniqueFd& directory, const std::string& path, int flags) {
    try {
      return sys::open_file(directory.get(), path.c_str(), flags);
    } catch (const sys::Error& error) {
      throw_join_error(error.error() == ENOENT ? ESRCH : error.error());
    }
  }

  /// What /proc shows is the PID in its own namespace, which may be further up than ours, as after
  /// `pidns --fork`; the kernel takes it as a PID in ours.
  /// @return not valid where pidfd_open(2) is refused
  UniqueFd open_pidfd() {
    const auto own = read_own_status(proc_);
    const auto status = read_status(proc_, pid_);
    if (!own || !status || status->state == 'Z') {
      throw_join_error(ESRCH);
    }
    if (status->pids.size() < own->pids.size()) {
      throw_join_error(EINVAL);
    }
    UniqueFd pidfd = try_open_pidfd(status->pids[own->pids.size() - 1]);
    if (pidfd.valid() && proc_pid_of(proc_, pidfd) != pid_) {
      throw_join_error(EINVAL);  // as far down, but beside our namespace
    }
    return pidfd;
  }

  UniqueFd try_open_pidfd(pid_t pid) {
    try {
      return sys::open_pidfd(pid);
    } catch (const sys::Error& error) {
      if (error.error() == ESRCH) {
        throw_join_error(ESRCH);
      }
      return {};
    }
  }

  int namespaces_to_enter() {
    int flags = 0;
    for (const NamespaceKind& kind : namespace_kinds) {
      const bool wanted = named_ == 0 || (named_ & kind.flag) != 0;
      if (wanted && sys::exists(proc_.get(), fmt::format("self/ns/{}", kind.file).c_str())) {
        const bool same = number(fmt::format("{}", pid_), kind.file) == number("self", kind.file);
        flags |= same ? 0 : kind.flag;
      }
    }
    return flags;
  }

  ino_t number(std::string_view process, std::string_view file) {
    try {
      return sys::inode_of(proc_.get(), fmt::format("{}/ns/{}", process, file).c_str());
    } catch (const sys::Error& error) {
      throw_join_error(error.error() == ENOENT ? ESRCH : error.error());
    }
  }

  void enter(const UniqueFd& process, const UniqueFd& pidfd, int flags) {
    if (!pidfd.valid()) {
      enter_one_by_one(process, flags);
      return;
    }
    try {
      sys::enter_namespaces(pidfd, flags, context(), observer_);
    } catch (const sys::Error& error) {
      if (error.error() != EINVAL) {
        throw;
      }
      // So says Linux before 5.8 of any pidfd, and Linux of a namespace that it lets nobody enter.
      enter_one_by_one(process, flags);
    }
  }

  void enter_one_by_one(const UniqueFd& process, int flags) {
    std::vector<std::pair<int, UniqueFd>> namespaces;  // all open before the first is entered
    for (const NamespaceKind& kind : namespace_kinds) {
      if ((flags & kind.flag) != 0) {
        namespaces.emplace_back(kind.flag,
                                open_of_target(process, fmt::format("ns/{}", kind.file), O_RDONLY));
      }
    }
    // The user namespace gives privilege over what belongs to it, and takes that over anything else.
    if (namespaces.front().first == CLONE_NEWUSER && sys::has_capability(CAP_SYS_ADMIN)) {
      std::rotate(namespaces.begin(), namespaces.begin() + 1, namespaces.end());
    }
    for (const auto& [flag, file] : namespaces) {
      sys::enter_namespaces(file, flag, context(), observer_);
    }
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
  int named_;
  const UniqueFd& proc_;
  const sys::SyscallObserver& observer_;
  Log& log_;
};

/// The process with the lowest PID inside a PID namespace: PID 1, if we may look at it.
/// @return 0 when there is none
pid_t first_process_in(const UniqueFd& proc, ino_t number) {
  pid_t first = 0;
  pid_t lowest = 0;
  for (const std::string& name : sys::list_directory(proc.get(), ".")) {
    const auto pid = leading_number<pid_t>(name);
    if (pid <= 0 || sys::or_default_on_error([&] { return pid_namespace_of(proc, pid); }) != number) {
      continue;
    }
    const auto status = try_read_status(proc, pid);
    if (status && status->state != 'Z' && !status->pids.empty() &&
        (first == 0 || status->pids.back() < lowest)) {
      first = pid;
      lowest = status->pids.back();
    }
  }
  return first;
}

/// @return 0 when the process cannot be looked at
ino_t made_by_process(const UniqueFd& proc, pid_t pid) {
  return sys::or_default_on_error([&] {
    const UniqueFd process = sys::open_file(proc.get(), fmt::format("{}", pid).c_str(), O_PATH);
    const ino_t own = pid_namespace_number(sys::read_link(proc.get(), "self/ns/pid"));
    return pid_namespace_of(process) == own ? made_pid_namespace(process, own) : ino_t{0};
  });
}

}  // namespace

pid_t find_process_to_join(const Target& target) {
  const UniqueFd proc = open_proc();
  const bool is_process = target.kind == Target::Kind::process;
  const ino_t number = is_process ? made_by_process(proc, static_cast<pid_t>(target.number))
                       : target.kind == Target::Kind::file ? kept_pid_namespace(target, "join")
                                                           : target.number;
  const pid_t pid = number == 0 ? 0 : first_process_in(proc, number);
  if (pid == 0 && !is_process) {
    throw Failure(status_failed,
                  fmt::format("--join: {}: no process that can be seen is in it", on_one_line(target.text)),
                  ::geteuid() == 0 ? "" : "run it as root");
  }
  return pid == 0 ? static_cast<pid_t>(target.number) : pid;
}

void join_namespaces(const Options& options, const UniqueFd& proc, const sys::SyscallObserver& observer,
                     Log& log) {
  Joiner(static_cast<pid_t>(options.join->number), options.join_namespaces, proc, observer, log).join();
}

}  // namespace pidns
