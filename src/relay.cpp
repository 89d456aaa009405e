#include "pidns/relay.hpp"

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
  const SignalSet used =
      dispositions.caught | dispositions.ignored | dispositions.blocked | dispositions.awaited;
  return {
      .relay = origin == Origin::process,
      .apply_default = !used.contains(signal) && default_action(signal) != DefaultAction::ignore,
  };
}

}  // namespace pidns
