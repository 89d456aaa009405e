#pragma once

#include <sys/types.h>

#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Whether a signal most likely comes from a process of a PID namespace below ours, which can name us only as
/// a member of its process group: `kill 0`.
/// @param proc an open /proc of our PID namespace
/// @param sender si_pid of the signal
bool sent_from_descendant_pidns(const UniqueFd& proc, pid_t sender);

/// Whether a process, by our number of it, is in a PID namespace below ours.
bool is_in_descendant_pidns(const UniqueFd& proc, pid_t pid);

}  // namespace pidns
