#include "pidns/supervise/held_signals.hpp"

#include <algorithm>

namespace pidns {

namespace {

constexpr std::chrono::milliseconds time_to_wait_again{30};
constexpr std::chrono::milliseconds time_to_be_sure{700};  // also where PID 1 has to wait for a processor

}  // namespace

void HeldSignals::add(int signal, Clock::time_point now) {
  if (!contains(signal)) {
    held_.push_back({.signal = signal, .last_pending = now});
    pause_ = shortest_pause;
  }
}

void HeldSignals::remove_stop_signals() {
  std::erase_if(held_,
                [](const HeldSignal& held) { return default_action(held.signal) == DefaultAction::stop; });
}

bool HeldSignals::contains(int signal) const {
  return std::any_of(held_.begin(), held_.end(),
                     [&](const HeldSignal& held) { return held.signal == signal; });
}

bool HeldSignals::contains_deadly() const {
  return std::any_of(held_.begin(), held_.end(), [](const HeldSignal& held) {
    return default_action(held.signal) == DefaultAction::terminate;
  });
}

std::vector<int> HeldSignals::poll(const Dispositions& sample, Clock::time_point now) {
  pause_ = std::min(pause_ * 2, longest_pause);
  std::vector<int> discarded;
  const auto settled = [&](HeldSignal& held) {
    const Outcome outcome = settle(held, observed_outcome(held.signal, sample), now);
    if (outcome == Outcome::discarded) {
      discarded.push_back(held.signal);
    }
    return outcome != Outcome::pending;
  };
  held_.erase(std::remove_if(held_.begin(), held_.end(), settled), held_.end());
  return discarded;
}

/// Accepts an uncertain outcome once it has been stable long enough.
Outcome HeldSignals::settle(HeldSignal& held, Observed observed, Clock::time_point now) {
  if (observed.outcome == Outcome::pending) {
    held.last_pending = now;
  }
  if (observed.outcome != Outcome::discarded) {
    held.discarded_since.reset();
    const bool unsure = !observed.certain && now - held.last_pending < time_to_be_sure;
    return unsure ? Outcome::pending : observed.outcome;
  }
  // One sample is not enough: PID 1 may call sigtimedwait in a loop with short timeouts.
  if (!held.discarded_since) {
    held.discarded_since = now;
    pause_ = shortest_pause;
  }
  const auto enough = observed.certain ? time_to_wait_again : time_to_be_sure;
  return now - *held.discarded_since < enough ? Outcome::pending : Outcome::discarded;
}

}  // namespace pidns
