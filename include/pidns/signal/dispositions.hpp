#pragma once

#include <sys/types.h>

#include <optional>

#include "pidns/proc/proc_status.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Reads /proc/PID/status.
/// @param proc an open /proc
/// @return nothing when the process is gone
/// @throws sys::Error
std::optional<ProcStatus> read_status(const UniqueFd& proc, pid_t pid);

/// The oldest child of a process: /proc/PID/task/TID/children.
/// @return 0 when it has none or is gone; nothing when a kernel does not tell
std::optional<pid_t> read_oldest_child(const UniqueFd& proc, pid_t pid);

/// As read_status(), of this process.
std::optional<ProcStatus> read_own_status(const UniqueFd& proc);

/// A process under two numbers. They differ where /proc is that of a parent PID namespace, as in a shell that
/// `pidns --fork` has started.
struct ProcessIds {
  pid_t pid;       ///< to us
  pid_t proc_pid;  ///< in /proc
};

/// The number of a pidfd's process in /proc. @return 0 when it is gone
pid_t proc_pid_of(const UniqueFd& proc, const UniqueFd& pidfd);
ProcessIds process_ids(const UniqueFd& proc, Process& process);

/// The PID in the text of /proc/PID/fdinfo/FD of a pidfd; 0 when it has none.
pid_t pid_of_pidfd(std::string_view text);

/// What a process does with signals at this moment, all its threads taken together.
/// @return nothing when it is gone
/// @throws sys::Error
std::optional<Dispositions> read_dispositions(const UniqueFd& proc, ProcessIds process);

/// Whether a process has a signalfd(2) for a signal.
bool has_signalfd(const UniqueFd& proc, pid_t pid, int signal);

/// The address of the set of signals that a thread waits for.
/// @param text of /proc/PID/task/TID/syscall: proc_pid_syscall(5)
/// @return nothing unless the thread is inside rt_sigtimedwait(2)
std::optional<std::uintptr_t> awaited_set_address(std::string_view text);

/// The signals that a signalfd is for.
/// @param text of /proc/PID/fdinfo/FD: proc_pid_fdinfo(5)
/// @return none unless the descriptor is a signalfd
SignalSet signalfd_set(std::string_view text);

}  // namespace pidns
