#pragma once

#include <sys/types.h>

#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Whether a signal certainly comes from a process of a PID namespace below ours. Such a process can name us
/// only as a member of its process group: `kill 0`. The kernel reports the PID that the sender has in its own
/// namespace, so a process out here may have the same number, or may have had it and ended. The sender is
/// inside for certain only if a kernel thread has that number out here, since those send no signals.
/// @param proc an open /proc
/// @param sender si_pid of the signal
bool is_certainly_inside(const UniqueFd& proc, pid_t sender);

/// Whether a process, by our number of it, is in a PID namespace below ours.
bool is_in_descendant_pidns(const UniqueFd& proc, pid_t pid);

}  // namespace pidns
