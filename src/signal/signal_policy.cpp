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

bool is_from_terminal(int signal, int code) {
  return code == SI_KERNEL && terminal_signals.contains(signal);
}

bool is_hangup_of_leader(int signal, int code, bool is_session_leader) {
  // tty_signal_session_leader() in drivers/tty/tty_jobctrl.c: SIGHUP and SIGCONT to the leader, and to the
  // foreground group only when the leader itself has exited.
  return is_session_leader && code == SI_KERNEL && (signal == SIGHUP || signal == SIGCONT);
}

Decision relay_decision(int signal, Origin origin, const Dispositions& dispositions) {
  const SignalSet handled = dispositions.caught | dispositions.ignored;
  // What the whole group has received is taken already by a PID 1 that waits for it again.
  const SignalSet used = origin == Origin::group ? handled | dispositions.awaited : handled;
  // A process that has ended is beyond a signal that a process sends. But a shell may exit because the same
  // terminal signal killed its children; treat that as death by the signal, as without pidns.
  const bool too_late = dispositions.ended && origin == Origin::process;
  const bool acts_by_default = default_action(signal) != DefaultAction::ignore;
  const bool unused = !too_late && !used.contains(signal) && acts_by_default;
  const bool held = may_be_held(signal, dispositions);
  const bool relay = origin == Origin::process;
  const bool is_on_its_way = dispositions.pending.contains(signal) || (relay && dispositions.moving);
  return {
      .relay = relay,
      .apply_default = unused && !held,
      .watch = unused && held,
      .watch_handler = dispositions.caught.contains(signal) && is_on_its_way && !dispositions.ended &&
                       !dispositions.blocked.contains(signal) && acts_by_default,
  };
}

bool is_undecided(const Decision& decision) {
  return decision.watch || decision.watch_handler;
}

bool may_be_held(int signal, const Dispositions& dispositions) {
  return may_be_kept(signal, dispositions) || dispositions.unstable.contains(signal);
}

bool may_be_kept(int signal, const Dispositions& dispositions) {
  return (dispositions.blocked | dispositions.awaited | dispositions.pending).contains(signal);
}

}  // namespace pidns
