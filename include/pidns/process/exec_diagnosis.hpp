#pragma once

#include <string>
#include <string_view>

namespace pidns {

/// Why a file that exists cannot be executed; empty when the cause is not known.
/// @param error errno of execve(2)
std::string diagnose_exec(const std::string& file, int error);

bool is_elf(std::string_view start);

/// The first bytes of a file; empty when it cannot be read.
std::string start_of(const std::string& file);

}  // namespace pidns
