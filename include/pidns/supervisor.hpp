#pragma once

#include "pidns/exit_status.hpp"
#include "pidns/explainer.hpp"
#include "pidns/log.hpp"
#include "pidns/options.hpp"
#include "pidns/process.hpp"
#include "pidns/terminal.hpp"

namespace pidns {

/// Stands in for PID 1, or for the command that joins others, towards the outside until it ends: relays
/// signals, stops and continues with it. Every signal must be blocked.
/// @param channel to PID 1 of --init; not valid without it
/// @param proc the outer namespace's /proc
/// @throws sys::Error
Ending supervise(Process& child, UniqueFd& channel, const UniqueFd& proc, Terminal& terminal,
                 const Options& options, Explainer& explainer, Log& log);

}  // namespace pidns
