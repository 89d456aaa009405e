#pragma once

#include <optional>
#include <string>

#include "pidns/sys/observer.hpp"

namespace pidns {

/// A system call as strace(1) writes it: `unshare(CLONE_NEWNS|CLONE_NEWPID) = 0`. The file of a write(2) is
/// named as with its option -y.
/// @param result nothing: the call has not been made yet
std::string format_call(const sys::Call& call, const std::optional<sys::Result>& result);

}  // namespace pidns
