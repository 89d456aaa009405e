#pragma once

#include <optional>
#include <string_view>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

/// The signal state that pidns was started with and that the command gets.
struct CallerSignals {
  SignalSet mask;
  bool child_ignored = false;  ///< SIGCHLD was ignored
};

/// Blocks every signal and makes sure that children can be waited for.
CallerSignals block_all_signals();

/// Takes the ids and keeps the capabilities that the options ask for. After the mounts, which take privilege.
void set_credentials(const Options& options, const sys::SyscallObserver& observer);

/// The last steps before the command runs: restores the caller's signals and executes it.
/// @throws Failure, sys::Error
[[noreturn]] void exec_command(const Options& options, const CallerSignals& caller,
                               const sys::SyscallObserver& observer);

/// Makes sure that this process does not outlive the one that made it.
/// @param signal what the kernel sends when the parent dies: PR_SET_PDEATHSIG(2const)
/// @param pipe_to_parent only the parent reads from it
void die_with_parent(int signal, const sys::Pipe& pipe_to_parent, const sys::SyscallObserver& observer);

/// Tells a helper to do its work. Nothing comes of it when that has ended already: its answer will tell.
void send_order(const UniqueFd& pipe, std::string_view order);
void send_failure(const UniqueFd& pipe, const Failure& failure);
/// Waits until every writer is gone, as it is after a successful execve(2).
std::optional<Failure> receive_failure(const UniqueFd& pipe);

}  // namespace pidns
