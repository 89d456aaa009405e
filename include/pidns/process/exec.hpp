#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

/// The words of a command as execve(2) takes them. They point into it.
std::vector<char*> arguments_of(const std::vector<std::string>& command);

/// Executes the command: looks it up in PATH as execvp(3) does, and like it hands a file that no loader knows
/// to /bin/sh, unless that is an ELF file.
/// @param arguments with the nullptr at their end. Make them before fork(2): the kernel copies each page that
/// the child writes to.
/// @param last_step called just before the execution, and after the observer, which may throw
/// @throws Failure, with status 126 or 127 and, where the cause is known, a hint
[[noreturn]] void execute_command(const std::vector<char*>& arguments, const sys::SyscallObserver& observer,
                                  const std::function<void()>& last_step = {});

/// Whether there is a file that a command of this name may mean.
bool is_in_path(const std::string& name);

}  // namespace pidns
