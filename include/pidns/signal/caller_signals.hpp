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

/// As long as it lives, signals act on this process as they would have on the caller: most of them end it.
class UnblockedSignals {
 public:
  explicit UnblockedSignals(const CallerSignals& caller);
  UnblockedSignals(const UnblockedSignals&) = delete;
  UnblockedSignals& operator=(const UnblockedSignals&) = delete;
  ~UnblockedSignals();
  /// Blocks them again, which must not fail before a command is supervised. @throws sys::Error
  static void end();
};

/// Gives this process the signal state of the caller again.
void restore_signals(const CallerSignals& caller);

}  // namespace pidns
