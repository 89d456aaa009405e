#pragma once

#include "pidns/sys/error.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Opens a proc in which this process and its children can be found: /proc or, where that is of a PID
/// namespace that we are not in, as after `nsenter --mount`, or empty, as in a chroot, another one that is
/// mounted nowhere.
/// @throws sys::Error when there is no /proc, or no other one may be made
UniqueFd open_proc();

}  // namespace pidns
