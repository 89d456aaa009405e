#pragma once

#include <sys/types.h>

#include "pidns/explain/log.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/options.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// The process whose namespaces WHAT names: itself, or the PID 1 of the namespace that it has made, or of the
/// namespace that is named by its number or a file.
/// @return its PID as /proc shows it
/// @throws Failure when no process is there
pid_t find_process_to_join(const Target& target);

/// Enters the namespaces of the process Options::join that differ from ours: those that are named, or all. As
/// with unshare(2), only our children are in the PID namespace.
/// @throws sys::Error; Failure when its PID namespace is our own
void join_namespaces(const Options& options, const UniqueFd& proc, const sys::SyscallObserver& observer,
                     Log& log);

}  // namespace pidns
