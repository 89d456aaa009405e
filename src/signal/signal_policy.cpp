#include "pidns/signal/signal_policy.hpp"

namespace pidns {

namespace {

// Sent by the kernel to a whole process group: termios(3), tty_ioctl(4). The kernel sends others, such as the
// SIGALRM of a timer that was set before pidns was executed, to one process.
constexpr SignalSet terminal_signals =
    SignalSet::of(SIGINT) | SignalSet::of(SIGQUIT) | SignalSet::of(SIGTSTP) | SignalSet::of(SIGTTIN) |
    SignalSet::of(SIGTTOU) | SignalSet::of(SIGHUP) | SignalSet::of(SIGCONT) | SignalSet::of(SIGWINCH);

}  // namespace

bool is_about_own_child(int signal, int code) {
  return signal == SIGCHLD && code >= CLD_EXITED && code <= CLD_CONTINUED;
}

Origin origin_of(int signal, int code, bool sender_inside) {
  if (code == SI_KERNEL) {
    return terminal_signals.contains(signal) ? Origin::group : Origin::process;
  }
  return sender_inside ? Origin::group : Origin::process;
}

Decision relay_decision(int signal, Origin origin, const Dispositions& dispositions) {
  const SignalSet used = dispositions.caught | dispositions.ignored | dispositions.awaited;
  // What is sent to a process that has ended comes too late. But a shell may have ended before we could look
  // because the terminal's signal has ended its children: without us it would have died of that signal with
  // them.
  const bool too_late = dispositions.ended && origin == Origin::process;
  const bool unused = !too_late && !used.contains(signal) && default_action(signal) != DefaultAction::ignore;
  const bool held = may_be_held(signal, dispositions);
  return {
      .relay = origin == Origin::process,
      .apply_default = unused && !held,
      .watch = unused && held,
  };
}

bool may_be_held(int signal, const Dispositions& dispositions) {
  return (dispositions.blocked | dispositions.awaited | dispositions.pending | dispositions.unstable)
      .contains(signal);
}

Fate fate_of(int signal, const Dispositions& dispositions) {
  const SignalSet handled = dispositions.caught | dispositions.ignored;
  // A signal that PID 1 has no use for is pending without being blocked only on the way out of
  // sigtimedwait(2), which restores the mask and takes the signal in one step, and where it is about to be
  // dropped.
  const SignalSet moving = dispositions.pending & ~dispositions.blocked & ~handled;
  if (dispositions.pending.contains(signal) || moving != SignalSet()) {
    return Fate::pending;
  }
  if ((handled | dispositions.awaited).contains(signal)) {
    return Fate::taken;
  }
  if (dispositions.blocked.contains(signal)) {
    return Fate::probably_taken;
  }
  return dispositions.unstable.contains(signal) ? Fate::probably_dropped : Fate::dropped;
}

}  // namespace pidns
