#pragma once

#include <sys/types.h>

#include <functional>

#include "pidns/launch/launch.hpp"
#include "pidns/launch/namespace_pinner.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/supervise/init.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"

/// All that runs on the other side of fork(2), up to the command.
namespace pidns {

/// What connects the two sides; made before fork(2), as nothing may fail once the command runs.
struct ForkLinks {
  UniqueFd signals;      ///< a signalfd for all signals; each side reads its own from it
  sys::Pipe failure;     ///< to the parent; end of file means that the command was executed
  sys::Channel channel;  ///< between the outer pidns and the PID 1 of --init; not valid without it
};

ForkLinks make_fork_links(const Options& options);

/// Spawns the first process of the new PID namespace, or the one that joins: it prepares its surroundings and
/// executes the command or, with --init, starts it and stays as PID 1.
/// @return its PID
pid_t spawn_child(const Launch& launch, const NamespacePinner& pinner, ForkLinks& links);

/// Spawns the command from a process that stays as its init.
pid_t spawn_command(const Launch& launch, const NamespacePinner& pinner, const sys::Pipe& failure);

/// What the init of the command is to do.
InitTask init_task(const Launch& launch, ChildProcess& command, const UniqueFd& signals, UniqueFd& channel);

/// Sets the IDs and keeps the capabilities that the options ask for. After the mounts, which need privilege.
void set_credentials(const Options& options, const sys::SyscallObserver& observer);

/// Restores the caller's signals and executes the command.
/// @param pin binds the namespaces that are to be pinned: last, because they survive a later failure
/// @throws Failure, sys::Error
[[noreturn]] void exec_command(const Launch& launch, const std::function<void()>& pin);

}  // namespace pidns
