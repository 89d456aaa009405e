#pragma once

#include <sys/types.h>

#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Whether a signal certainly comes from a process of a PID namespace below ours, which can name us only as a
/// member of its process group: `kill 0`. The kernel gives its PID in there, and that says it only if no
/// process out here can have sent a signal under that number: a kernel thread has it. Otherwise the sender
/// may be out here, also when it has ended since.
/// @param proc an open /proc
/// @param sender si_pid of the signal
bool is_certainly_inside(const UniqueFd& proc, pid_t sender);

/// Whether a process, by our number of it, is in a PID namespace below ours.
bool is_in_descendant_pidns(const UniqueFd& proc, pid_t pid);

}  // namespace pidns
