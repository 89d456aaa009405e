#pragma once

#include <string>
#include <vector>

#include "pidns/exit_status.hpp"
#include "pidns/signals.hpp"

namespace pidns {

/// How a program that pidns has called ended, and what it wrote.
struct ToolResult {
  Ending ending;
  std::string output;
};

/// Runs a program of the system, looked up in PATH, and waits for its end. SIGCHLD must not be ignored.
/// @param captured the descriptor whose output is returned: stdout or stderr
/// @param mask the signal mask it gets
/// @return status 127 if there is no such program
ToolResult run_tool(const std::vector<std::string>& command, int captured, SignalSet mask);

}  // namespace pidns
