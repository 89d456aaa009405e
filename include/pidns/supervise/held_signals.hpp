#pragma once

#include "pidns/util/signal_set.hpp"

namespace pidns {

/// What becomes of a signal at its delivery to PID 1.
enum class Outcome {
  consumed,   ///< PID 1 has a use for it
  discarded,  ///< PID 1 unblocked it without a handler: an ordinary process would have met its default action
};

/// The signals that PID 1 holds: it blocks them, waits for them, or is about to take them. What is observed
/// is passed in, so no clock decides.
class HeldSignals {
 public:
  void add(int signal);
  /// SIGCONT discards pending stop signals: prepare_signal() in kernel/signal.c.
  void remove_stop_signals();

  /// A signal is delivered to PID 1, which handles (catches or ignores) these. A held one is held no longer.
  /// @return consumed also for a signal that was not held
  Outcome deliver(int signal, SignalSet handled);
  /// What is pending no longer was taken by sigwait(3) or read from a signalfd, or is about to be delivered:
  /// between leaving the queue and the stop at its delivery, dequeue_signal() in kernel/signal.c, it is
  /// neither. It is held no longer, and counts as held if it is delivered all the same.
  void look(SignalSet pending);
  /// What has left the queue counts as held again.
  void hold_missing();
  /// No thread of PID 1 is on its way to a delivery: what has left the queue was taken.
  void forget_missing() { missing_ = SignalSet(); }

  [[nodiscard]] bool empty() const { return held_ == SignalSet(); }
  [[nodiscard]] bool contains(int signal) const { return held_.contains(signal); }
  /// Those that are held, or have left the queue and may be about to be delivered.
  [[nodiscard]] SignalSet undecided() const { return held_ | missing_; }

 private:
  SignalSet held_;
  SignalSet missing_;  // left the queue, and has not been delivered
};

}  // namespace pidns
