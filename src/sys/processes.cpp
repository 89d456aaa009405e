#include "pidns/sys/processes.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>

#include "call.hpp"
#include "pidns/sys/error.hpp"

namespace pidns::sys {

std::int64_t seconds_of(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) == -1) {
    throw_error(Syscall::clock_gettime, errno, "cannot read a clock");
  }
  return now.tv_sec;
}

bool has_capability(int capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (retry([&] { return ::syscall(SYS_capget, &header, sets.data()); }) == -1) {
    throw_error(Syscall::capget, errno, "cannot read capabilities");
  }
  return (sets.at(static_cast<std::size_t>(CAP_TO_INDEX(capability))).effective & CAP_TO_MASK(capability)) !=
         0;
}

int execute(const char* file, const std::vector<char*>& arguments) {
  retry([&] { return ::execve(file, arguments.data(), environ); });
  return errno;
}

void set_parent_death_signal(int signal, const SyscallObserver& observer) {
  if (observed(observer, SetParentDeathSignal{signal}, [&] { return ::prctl(PR_SET_PDEATHSIG, signal); }) ==
      -1) {
    throw_error(Syscall::prctl, errno, "cannot ask for a signal at the death of pidns");
  }
}

void hide_memory(const SyscallObserver& observer) {
  observed(observer, SetUndumpable{}, [] { return ::prctl(PR_SET_DUMPABLE, 0); });
}

void drop_groups(const SyscallObserver& observer) {
  if (observed(observer, DropGroups{}, [] { return ::setgroups(0, nullptr); }) == -1) {
    throw_error(Syscall::setgroups, errno, "cannot give up supplementary groups");
  }
}

void keep_permitted_capabilities() {
  if (::prctl(PR_SET_KEEPCAPS, 1) == -1) {
    throw_error(Syscall::prctl, errno, "cannot keep capabilities");
  }
}

void set_group(gid_t group, const SyscallObserver& observer) {
  if (observed(observer, SetGroup{group}, [&] { return ::setresgid(group, group, group); }) == -1) {
    throw_error(Syscall::setresgid, errno, fmt::format("cannot become group {}", group));
  }
}

void set_user(uid_t user, const SyscallObserver& observer) {
  if (observed(observer, SetUser{user}, [&] { return ::setresuid(user, user, user); }) == -1) {
    throw_error(Syscall::setresuid, errno, fmt::format("cannot become user {}", user));
  }
}

void new_session(const SyscallObserver& observer) {
  if (observed(observer, Setsid{}, [] { return ::setsid(); }) == -1) {
    throw_error(Syscall::setsid, errno, "cannot start a new session");
  }
}

UniqueFd open_pidfd(pid_t pid) {
  UniqueFd pidfd = above_stdio(static_cast<int>(retry([&] { return ::syscall(SYS_pidfd_open, pid, 0); })));
  if (!pidfd.valid()) {
    throw_error(Syscall::pidfd_open, errno, fmt::format("cannot open a pidfd for process {}", pid));
  }
  return pidfd;
}

namespace {

/// @param pid of a child; -1: any
/// @param options as for waitid(2); with __WALL we may be attached to what stops
siginfo_t wait_in_older_way(pid_t pid, int options) {
  static_assert(WSTOPPED == WUNTRACED);
  const int stop_code = (options & __WALL) != 0 ? CLD_TRAPPED : CLD_STOPPED;
  int status = 0;
  siginfo_t info{};
  const pid_t found = retry([&] { return ::wait4(pid, &status, options & ~WEXITED, nullptr); });
  if (found <= 0) {
    return info;
  }
  info.si_signo = SIGCHLD;
  info.si_pid = found;
  info.si_code = WIFEXITED(status)     ? CLD_EXITED
                 : WIFSIGNALED(status) ? CLD_KILLED
                 : WIFSTOPPED(status)  ? stop_code
                                       : CLD_CONTINUED;
  info.si_status = WIFEXITED(status)     ? WEXITSTATUS(status)
                   : WIFSIGNALED(status) ? WTERMSIG(status)
                   : WIFSTOPPED(status)  ? status >> 8  // with the event of ptrace(2), if there is one
                                         : SIGCONT;
  return info;
}

siginfo_t wait_in_some_way(idtype_t type, pid_t pid, int options) {
  siginfo_t info{};
  if (retry([&] { return ::waitid(type, static_cast<id_t>(pid), &info, options); }) == -1) {
    return wait_in_older_way(type == P_PID ? pid : -1, options);
  }
  return info;
}

}  // namespace

siginfo_t wait_for(pid_t child, int options) noexcept {
  return wait_in_some_way(P_PID, child, options);
}

siginfo_t wait_for_any_child() noexcept {
  return wait_in_some_way(P_ALL, 0, WEXITED | WSTOPPED | WCONTINUED | WNOHANG);
}

siginfo_t wait_for_any_thread() noexcept {
  return wait_in_some_way(P_ALL, 0, WEXITED | WSTOPPED | WNOHANG | __WALL);
}

bool kill_and_reap(pid_t child) {
  return ::kill(child, SIGKILL) == 0 && retry([&] { return ::waitpid(child, nullptr, 0); }) == child;
}

void adopt_orphans() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // without it less is killed when pidns ends early
}

bool has_children() noexcept {
  siginfo_t info{};
  return retry([&] { return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT); }) == 0;
}

void allow_more_open_files() {
  rlimit limit{};
  if (retry([&] { return ::getrlimit(RLIMIT_NOFILE, &limit); }) == -1) {
    throw_error(Syscall::getrlimit, errno, "cannot read the limit of open files");
  }
  limit.rlim_cur = limit.rlim_max;
  if (retry([&] { return ::setrlimit(RLIMIT_NOFILE, &limit); }) == -1) {
    throw_error(Syscall::setrlimit, errno, "cannot raise the limit of open files");
  }
}

bool read_memory(pid_t pid, std::uintptr_t address, void* buffer, std::size_t size) {
  const iovec local{buffer, size};
  const iovec remote{reinterpret_cast<void*>(address), size};  // NOLINT: an address in the other process
  return retry([&] { return ::process_vm_readv(pid, &local, 1, &remote, 1, 0); }) ==
         static_cast<ssize_t>(size);
}

}  // namespace pidns::sys
