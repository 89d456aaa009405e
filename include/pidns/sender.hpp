#pragma once

#include <sys/types.h>

#include "pidns/unique_fd.hpp"

namespace pidns {

/// Whether a signal most likely comes from a process of a PID namespace below ours, which can name us only as
/// a member of its process group: `kill 0`.
/// @param proc an open /proc of our PID namespace
/// @param sender si_pid of the signal
bool is_from_inside(const UniqueFd& proc, pid_t sender);

/// How many PID namespaces a process is in, counted from that of `proc`; 0 when it is gone or hidden from us.
int namespace_levels(const UniqueFd& proc, pid_t pid);

}  // namespace pidns
