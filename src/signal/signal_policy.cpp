#include "pidns/signal/signal_policy.hpp"

namespace pidns {

namespace {

// Sent by the kernel to a whole process group: termios(3), tty_ioctl(4). The kernel sends others to one
// process, such as the SIGALRM of a timer that was set before pidns was executed.
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
  const SignalSet used = dispositions.caught | dispositions.ignored;
  // A process that has ended is beyond a signal that a process sends. But a shell may exit because the same
  // terminal signal killed its children; treat that as death by the signal, as without pidns.
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
  return may_be_kept(signal, dispositions) || dispositions.unstable.contains(signal);
}

bool may_be_kept(int signal, const Dispositions& dispositions) {
  return (dispositions.blocked | dispositions.awaited | dispositions.pending).contains(signal);
}

}  // namespace pidns
