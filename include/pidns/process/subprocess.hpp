#pragma once

#include <string>
#include <vector>

#include "pidns/process/exit_status.hpp"

namespace pidns {

struct SubprocessResult {
  ExitStatus status;
  std::string output;
};

/// Runs a program of the system, looked up in PATH, with no signal blocked, and waits for it. SIGCHLD must
/// not be ignored.
/// @param captured the descriptor whose output is returned: stdout or stderr
/// @return status 127 if there is no such program
SubprocessResult run_and_capture(const std::vector<std::string>& command, int captured);

}  // namespace pidns
