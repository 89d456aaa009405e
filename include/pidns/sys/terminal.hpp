#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// @return the controlling terminal; not valid when there is none
UniqueFd open_terminal();
/// @return the foreground process group; -1 when the terminal has been hung up
pid_t foreground_group(const UniqueFd& terminal);
/// Changes nothing when the terminal has been hung up or the group has died. From the background SIGTTOU must
/// be blocked: tcsetpgrp(3).
void set_foreground_group(const UniqueFd& terminal, pid_t group);
bool group_exists(pid_t group);
/// The width of the terminal that stdout, or stderr, is; nothing when it is not a terminal.
std::optional<std::size_t> stdout_width();
std::optional<std::size_t> stderr_width();

}  // namespace pidns::sys
