#pragma once

#include "pidns/explain/narrator.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/supervise/terminal.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/log.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Stands in for PID 1, or for the command that joins others, towards the outside until it ends: relays
/// signals, stops and continues with it. Every signal must be blocked.
/// @param channel to PID 1 of --init; not valid without it
/// @param proc the outer namespace's /proc
/// @throws sys::Error
ExitStatus supervise(Process& child, UniqueFd& channel, const UniqueFd& proc, Terminal& terminal,
                     const Options& options, Narrator& narrator, Log& log);

}  // namespace pidns
