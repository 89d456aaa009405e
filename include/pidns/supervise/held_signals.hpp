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
  /// What is pending no longer, and was not delivered, was taken by sigwait(3) or read from a signalfd.
  void keep_only(SignalSet pending) { held_ = held_ & pending; }
  /// As keep_only(), for what one look found pending. Between leaving the queue and the stop at its delivery
  /// a signal is neither: dequeue_signal() in kernel/signal.c. So only two looks in a row show it consumed.
  void look(SignalSet pending);

  [[nodiscard]] bool empty() const { return held_ == SignalSet(); }
  [[nodiscard]] bool contains(int signal) const { return held_.contains(signal); }

 private:
  SignalSet held_;
  SignalSet pending_before_;  // at the look before; all before the first
};

}  // namespace pidns
