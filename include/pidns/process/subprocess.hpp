#pragma once

#include <string>
#include <vector>

#include "pidns/process/exit_status.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

struct SubprocessResult {
  ExitStatus status;
  std::string output;  ///< at most 1 MiB; more is read and forgotten
};

/// Runs a program of the system with no signal blocked and without stdin, stdout and stderr, and waits for
/// its end, not for that of what it leaves behind. It is looked up in PATH; root takes it from the
/// directories of the system alone, as PATH may be that of another user.
/// @param captured the descriptor whose output is returned: stdout or stderr
/// @param lifeline a pipe from the process that needs the result. When that process ends, the program and all
/// that it has started are killed. Not valid: the program is killed when this process ends
/// @return status 127 if there is no such program
/// @throws Failure at the end of the lifeline
SubprocessResult run_and_capture(const std::vector<std::string>& command, int captured,
                                 const UniqueFd& lifeline = {});

}  // namespace pidns
