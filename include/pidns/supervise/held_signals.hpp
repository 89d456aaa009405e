#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "pidns/signal/signal_policy.hpp"

namespace pidns {

/// The signals of which it is not clear yet whether PID 1 handles or discards them. No event tells that, so
/// PID 1's state is sampled, less and less often; samples and time are passed in.
class HeldSignals {
 public:
  using Clock = std::chrono::steady_clock;

  /// Does nothing if the signal is held already.
  void add(int signal, Clock::time_point now);
  /// SIGCONT discards pending stop signals: prepare_signal() in kernel/signal.c.
  void remove_stop_signals();
  void clear() { held_.clear(); }

  /// Settles what the sample decides. @return the signals that PID 1 has discarded, in the order of their
  /// arrival
  std::vector<int> poll(const Dispositions& sample, Clock::time_point now);

  [[nodiscard]] bool empty() const { return held_.empty(); }
  [[nodiscard]] bool contains(int signal) const;
  [[nodiscard]] bool contains_deadly() const;
  /// How long to wait before the next sample, in milliseconds; -1: without end.
  [[nodiscard]] int pause() const { return held_.empty() ? -1 : pause_; }

 private:
  struct HeldSignal {
    int signal;
    Clock::time_point last_pending;                      // when it was last seen pending
    std::optional<Clock::time_point> discarded_since{};  // when PID 1 was first seen to hold it no longer
  };

  Outcome settle(HeldSignal& held, Observed observed, Clock::time_point now);

  static constexpr int shortest_pause = 1;
  static constexpr int longest_pause = 64;

  std::vector<HeldSignal> held_;
  int pause_ = shortest_pause;
};

}  // namespace pidns
