#include "pidns/signal/caller_signals.hpp"

#include "pidns/sys/signals.hpp"

namespace pidns {

CallerSignals block_all_signals() {
  const SignalSet mask = sys::set_signal_mask(SignalSet::all());
  // While SIGCHLD is ignored the kernel reaps children by itself and their status is lost: waitid(2), Notes.
  // Not touched otherwise: setting the default would throw a pending SIGCHLD away.
  const bool child_ignored = sys::is_ignored(SIGCHLD);
  if (child_ignored) {
    sys::set_default_disposition(SIGCHLD);
  }
  return {.mask = mask, .child_ignored = child_ignored};
}

void restore_signals(const CallerSignals& caller) {
  if (caller.child_ignored) {
    sys::ignore_signal(SIGCHLD);
  }
  sys::set_signal_mask(caller.mask);
}

}  // namespace pidns
