#pragma once

#include <optional>

#include "pidns/explain/log.hpp"
#include "pidns/explain/narrator.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/supervise/terminal.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// How the command has ended.
struct Ending {
  ExitStatus status;
  std::optional<int> left;  ///< how many processes it has left behind, if PID 1 has told
};

/// What is supervised, and with what.
struct Supervised {
  ChildProcess& child;      ///< PID 1, or the command that joins others
  const UniqueFd& signals;  ///< a signalfd for all of them
  UniqueFd& channel;        ///< to the PID 1 of --init; not valid without it
  Receiver receiver;        ///< which of these it is
  const UniqueFd& proc;     ///< the outer namespace's /proc
  Terminal& terminal;
  Narrator& narrator;
  Log& log;
};

/// Represents the command to the outside until it exits: relays signals, stops and continues with it. Every
/// signal must be blocked. It does not throw: what cannot be done is done without, as the command runs.
Ending supervise(const Supervised& supervised);

}  // namespace pidns
