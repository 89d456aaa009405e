#pragma once

#include "pidns/exit_status.hpp"
#include "pidns/log.hpp"
#include "pidns/process.hpp"
#include "pidns/terminal.hpp"

namespace pidns {

/// Stands in for PID 1 towards the outside until it ends: relays signals, stops and continues with it.
/// Every signal must be blocked.
/// @param channel to PID 1 of --init; not valid without it
/// @param proc the outer namespace's /proc
/// @throws sys::Error
Ending supervise(Process& init, UniqueFd& channel, const UniqueFd& proc, Terminal& terminal, Log& log);

}  // namespace pidns
