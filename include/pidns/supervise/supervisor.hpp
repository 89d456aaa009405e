#pragma once

#include "pidns/explain/narrator.hpp"
#include "pidns/explain/signal_text.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/supervise/terminal.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/log.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What is supervised, and with what.
struct Supervised {
  ChildProcess& child;   ///< PID 1, or the command that joins others
  UniqueFd& channel;     ///< to the PID 1 of --init; not valid without it
  Receiver receiver;     ///< which of these it is
  const UniqueFd& proc;  ///< the outer namespace's /proc
  Terminal& terminal;
  Narrator& narrator;
  Log& log;
};

/// Represents the command to the outside until it exits: relays signals, stops and continues with it. Every
/// signal must be blocked.
/// @throws sys::Error
ExitStatus supervise(const Supervised& supervised);

}  // namespace pidns
