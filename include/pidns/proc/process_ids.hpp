#pragma once

#include <sys/types.h>

#include <string_view>

#include "pidns/sys/error.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// The two numbers of a process. They differ where /proc is that of a parent PID namespace, as in a shell
/// that `pidns --fork` has started.
struct ProcessIds {
  pid_t pid;       ///< to us
  pid_t proc_pid;  ///< in /proc
};

/// The number of a pidfd's process in /proc. @return 0 when it is gone
/// @throws sys::Error
pid_t proc_pid_of(const UniqueFd& proc, const UniqueFd& pidfd);
/// The numbers of a child that has not been reaped; in /proc 0 if it has other numbers and that cannot be
/// found out.
ProcessIds ids_of_child(const UniqueFd& proc, pid_t child);

/// The PID in the text of /proc/PID/fdinfo/FD of a pidfd; 0 when it has none.
pid_t pid_of_pidfd(std::string_view text);

}  // namespace pidns
