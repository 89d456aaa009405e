#pragma once

#include <string>
#include <vector>

#include "pidns/process/exit_status.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

/// How a program that pidns has called ended, and what it wrote.
struct SubprocessResult {
  ExitStatus ending;
  std::string output;
};

/// Runs a program of the system, looked up in PATH, and waits for its end. SIGCHLD must not be ignored.
/// @param captured the descriptor whose output is returned: stdout or stderr
/// @param mask the signal mask it gets
/// @return status 127 if there is no such program
SubprocessResult run_and_capture(const std::vector<std::string>& command, int captured, SignalSet mask);

}  // namespace pidns
