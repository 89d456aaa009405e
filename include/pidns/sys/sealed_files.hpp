#pragma once

#include <span>

#include "pidns/util/unique_fd.hpp"

/// Files in memory, sealed so that their content stays as it is: memfd_create(2), fcntl(2) F_ADD_SEALS.
namespace pidns::sys {

/// The program that this process runs.
UniqueFd open_own_program();
bool is_sealed(const UniqueFd& file);
/// @param name only shown: /proc/PID/exe is then `/memfd:NAME (deleted)`
UniqueFd copy_and_seal(const UniqueFd& file, const char* name);
/// Executes an open file with this process's environment: execveat(2) or, where that is refused, execve(2).
/// Returns by throwing alone.
[[noreturn]] void execute(const UniqueFd& file, std::span<char* const> words);
/// PR_SET_NAME(2const)
void set_process_name(const char* name) noexcept;

}  // namespace pidns::sys
