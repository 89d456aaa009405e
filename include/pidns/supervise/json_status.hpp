#pragma once

#include <sys/types.h>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Writes `{"child-pid": 4711, "pid-namespace": 4026532292, ...}` and a line end, once the command runs.
/// @param fd of --json-status-fd
/// @param proc the outer namespace's /proc
/// @param child PID 1 of the new namespace, as seen from outside
/// @throws sys::Error
void write_json_start(int fd, const UniqueFd& proc, pid_t child);

/// Writes `{"exit-code": 7}` and a line end; after a signal it is 128 and the signal, as in a shell.
void write_json_end(int fd, ExitStatus ending);

}  // namespace pidns
