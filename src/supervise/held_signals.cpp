#include "pidns/supervise/held_signals.hpp"

namespace pidns {

void HeldSignals::add(int signal) {
  held_ = held_ | SignalSet::of(signal);
  missing_ = missing_ & ~SignalSet::of(signal);
}

void HeldSignals::look(SignalSet pending) {
  missing_ = missing_ | (held_ & ~pending);
  held_ = held_ & pending;
}

void HeldSignals::hold_missing() {
  held_ = undecided();
  missing_ = SignalSet();
}

void HeldSignals::remove_stop_signals() {
  for (const int signal : held_) {
    if (default_action(signal) == DefaultAction::stop) {
      held_ = held_ & ~SignalSet::of(signal);
    }
  }
}

Outcome HeldSignals::deliver(int signal, SignalSet handled) {
  const bool was_held = undecided().contains(signal);
  held_ = held_ & ~SignalSet::of(signal);
  missing_ = missing_ & ~SignalSet::of(signal);
  return was_held && !handled.contains(signal) ? Outcome::discarded : Outcome::consumed;
}

}  // namespace pidns
