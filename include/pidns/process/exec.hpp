#pragma once

#include <string>
#include <vector>

#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

/// Becomes the command: looks it up in PATH as execvp(3) does, and like it hands a file that no loader knows
/// to /bin/sh, unless that is an ELF file.
/// @throws Failure, with status 126 or 127 and, where the cause is known, a hint
[[noreturn]] void execute_command(const std::vector<std::string>& command,
                                  const sys::SyscallObserver& observer);

/// Why a file that is there cannot be executed; empty when the cause is not known.
/// @param error errno of execve(2)
std::string explain_exec_error(const std::string& file, int error);

}  // namespace pidns
