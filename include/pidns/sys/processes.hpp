#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// Makes a child that runs `child` and ends with _exit or execve; `child` must not return or throw.
/// A function that has called vfork(2) must not return in the child; hence the callable.
/// @return the child's PID
template <typename Child>
pid_t spawn(Memory memory, const SyscallObserver& observer, Child&& child) {
  if (observer) {
    observer(Fork{memory}, std::nullopt);
  }
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork): the child keeps to the rule above
  const pid_t pid = memory == Memory::shared ? ::vfork() : ::fork();
  if (pid == 0) {
    if (observer) {
      observer(Fork{memory}, Result{});
    }
    std::forward<Child>(child)();
    ::_exit(255);
  }
  if (pid == -1) {
    const int error = errno;
    if (observer) {
      observer(Fork{memory}, Result{.value = -1, .error = error});
    }
    throw_error(Syscall::fork, error, "cannot fork");
  }
  return pid;
}

/// Executes one file: execve(2) with this process's environment. Returns errno, and only when it failed.
int execute(const char* file, const std::vector<char*>& arguments);
/// The kernel sends `signal` to this process when its parent ends; 0: nothing. PR_SET_PDEATHSIG(2const).
void set_parent_death_signal(int signal, const SyscallObserver& observer);
void new_session(const SyscallObserver& observer);
/// Gives up all supplementary groups.
void drop_groups(const SyscallObserver& observer);
/// Makes the next change of user leave the permitted capabilities: PR_SET_KEEPCAPS(2const).
void keep_permitted_capabilities();
/// Sets the real, effective and saved ids.
void set_group(gid_t group, const SyscallObserver& observer);
void set_user(uid_t user, const SyscallObserver& observer);
/// Hides this process's memory from all but root, until it executes a program: PR_SET_DUMPABLE(2const).
void hide_memory(const SyscallObserver& observer = {});
UniqueFd open_pidfd(pid_t pid);
/// Waits for a change of state of a child that has not been reaped: waitid(2) or, where that is refused,
/// wait4(2). In the loops that supervise a command nothing may throw.
/// @param options WEXITED and others; with WNOHANG si_pid is 0 when nothing has changed
/// @return also 0 when it cannot be waited for
siginfo_t wait_for(pid_t child, int options) noexcept;
/// The same for any child, of those that are changes to WEXITED, WSTOPPED and WCONTINUED, without waiting.
siginfo_t wait_for_any_child() noexcept;
/// The same for any child or thread that this process is attached to: ptrace(2).
siginfo_t wait_for_any_thread() noexcept;
/// Kills a child and reaps it; does nothing to one that has been reaped. @return false when it may not do so
bool kill_and_reap(pid_t child);
/// Becomes the parent of descendants whose parent ends: PR_SET_CHILD_SUBREAPER(2const).
void adopt_orphans();
/// Whether this process has children that have not been reaped.
bool has_children() noexcept;
/// Whether this process has a capability in effect.
/// @param capability CAP_* of capabilities(7)
bool has_capability(int capability);
/// What a clock shows, in whole seconds.
std::int64_t seconds_of(clockid_t clock);
/// Raises the limit of open files as far as this process may.
void allow_more_open_files();
/// Copies memory of another process: process_vm_readv(2).
/// @return false when that is not permitted or not mapped
bool read_memory(pid_t pid, std::uintptr_t address, void* buffer, std::size_t size);

}  // namespace pidns::sys
