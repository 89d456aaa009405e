#pragma once

#include <sys/types.h>

#include <optional>

#include "pidns/proc/proc_status.hpp"
#include "pidns/proc/process_ids.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What a process does with signals at this moment, all its threads taken together.
/// @return nothing when it is gone
/// @throws sys::Error
std::optional<Dispositions> read_dispositions(const UniqueFd& proc, ProcessIds process);

/// Takes the dispositions from the status alone, which does not show what a thread waits for.
Dispositions dispositions_of(const ProcStatus& status);

/// Whether a PID 1 that cannot be watched keeps a signal: whether one look says so. While a thread moves,
/// what it blocks and waits for changes, so it is looked at again, for at most 50 ms.
/// @param found the look to begin with
bool keeps(const UniqueFd& proc, ProcessIds process, int signal, Dispositions found);

/// Whether a process has a signalfd(2) for a signal.
bool has_signalfd(const UniqueFd& proc, pid_t pid, int signal);

/// Whether the number of a system call is that of rt_sigtimedwait(2), in a program of 64 bits or of 32.
bool is_sigtimedwait(long call);

/// The address of the set of signals that a thread waits for.
/// @param text of /proc/PID/task/TID/syscall: proc_pid_syscall(5)
/// @return nothing unless the thread is inside rt_sigtimedwait(2)
std::optional<std::uintptr_t> awaited_set_address(std::string_view text);

/// The signals that a signalfd is for.
/// @param text of /proc/PID/fdinfo/FD: proc_pid_fdinfo(5)
/// @return none unless the descriptor is a signalfd
SignalSet signalfd_set(std::string_view text);

}  // namespace pidns
