#pragma once

#include <optional>

#include "pidns/process/exit_status.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

/// What says how COMMAND would have ended without pidns.
struct SeenOfCommand {
  std::optional<ExitStatus> told = {};  ///< its ending, as the PID 1 of --init has told it
  int applied = 0;                      ///< the signal whose default action has ended PID 1; 0: none
  SignalSet received = {};              ///< signals to pidns that an ordinary process dies of
  /// Of those, what PID 1 had received with its whole group, had no use for at that moment, and did not take
  /// before it ended: an ordinary process was dead by then.
  SignalSet struck = {};
};

/// The status that pidns ends with.
/// @param of_pid_1 how PID 1, or the command itself, has ended
ExitStatus own_status(ExitStatus of_pid_1, const SeenOfCommand& seen);

}  // namespace pidns
