#pragma once

#include <vector>

#include "pidns/explain/log.hpp"
#include "pidns/explain/narrator.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/signal/caller_signals.hpp"
#include "pidns/supervise/json_status.hpp"
#include "pidns/supervise/terminal.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/options.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What a launch carries on both sides of fork(2), made once.
struct Launch {
  const Options& options;
  Narrator& narrator;
  Log& log;
  CallerSignals caller;
  Terminal terminal;
  const JsonStatus& json_status;
  std::vector<char*> arguments;  ///< of the command, for execve(2)
  UniqueFd proc;                 ///< the /proc of the PID namespace that pidns is in

  [[nodiscard]] const sys::SyscallObserver& observer() const { return narrator.observer(); }
};

/// Runs the command in its namespaces and waits for it. With Options::fork unset it executes the command and
/// does not return.
/// @throws Failure
ExitStatus launch(const Options& requested, Log& log);

}  // namespace pidns
