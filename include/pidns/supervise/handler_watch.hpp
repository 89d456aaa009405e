#pragma once

#include "pidns/util/signal_set.hpp"

namespace pidns {

/// The deadly signals that PID 1 had a handler for when they came. Many programs clean up in such a handler,
/// set the signal back to its default and send it to themselves again. The kernel discards that for a PID 1,
/// and --explain reports it.
class HandlerWatch {
 public:
  void add(int signal);

  /// @param handled what PID 1 catches or ignores at this moment
  /// @return those that it has set back to their default since, each once
  SignalSet take_reset(SignalSet handled);

  /// How long to wait before the next look, in milliseconds; -1: without end.
  [[nodiscard]] int pause() const;

 private:
  SignalSet watched_;
  int looks_ = 0;  // since the last signal came
};

}  // namespace pidns
