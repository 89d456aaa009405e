#pragma once

#include "pidns/util/signal_set.hpp"

namespace pidns {

/// The signal state that pidns was started with and that the command gets.
struct CallerSignals {
  SignalSet mask;
  bool child_ignored = false;  ///< SIGCHLD was ignored
};

/// Blocks every signal and makes sure that children can be waited for.
CallerSignals block_all_signals();

/// Gives this process the signal state of the caller again.
void restore_signals(const CallerSignals& caller);

}  // namespace pidns
