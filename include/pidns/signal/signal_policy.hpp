#pragma once

#include "pidns/util/signal_set.hpp"

namespace pidns {

/// Where a signal to pidns came from.
enum class Origin {
  process,  ///< a process that can name pidns, or may be one: it meant the command
  group,    ///< the terminal, or certainly a process inside: the whole process group has already received it
};

/// The process to which pidns passes signals on.
enum class Receiver {
  init,            ///< COMMAND, which is PID 1
  pidns_as_init,   ///< the PID 1 of --init
  joined_command,  ///< COMMAND, which is an ordinary process
};

/// Signals PID 1 has a use for: it catches or ignores them, or blocks or waits for them. For all others it
/// has the default disposition, which the kernel does not apply to PID 1.
struct Dispositions {
  SignalSet caught = {};
  SignalSet ignored = {};
  SignalSet blocked = {};  ///< in every thread
  SignalSet awaited = {};  ///< by a thread inside sigtimedwait(2)
  SignalSet pending = {};  ///< sent and not delivered yet
  /// Signals that a thread does not block, but may be waiting for in sigtimedwait(2), or about to.
  SignalSet unstable = {};
  bool moving = false;  ///< a thread ran or was about to while it was looked at
  bool ended = false;   ///< it is a zombie, and the sets are those of its end
};

struct Decision {
  bool relay = false;          ///< pass the signal on to PID 1
  bool apply_default = false;  ///< do what the kernel would have done to an ordinary process
  bool watch = false;          ///< PID 1 may hold it: see what becomes of it
  /// PID 1 catches it, but may execute a program first, which resets the handler: see what becomes of it.
  bool watch_handler = false;

  bool operator==(const Decision&) const = default;
};

/// Whether a signal is the kernel's SIGCHLD for a child of pidns itself.
bool is_about_own_child(int signal, int code);

/// Whether the terminal has sent a signal, to a process group.
/// @param signal its number
/// @param code si_code: sigaction(2)
bool is_from_terminal(int signal, int code);

/// Whether the terminal tells the leader of its session, and no other process, that it has hung up.
bool is_hangup_of_leader(int signal, int code, bool is_session_leader);

/// Decides what to do with a signal that reached pidns: pid_namespaces(7), "The namespace init process".
Decision relay_decision(int signal, Origin origin, const Dispositions& dispositions);

/// Whether only its delivery shows what becomes of a signal.
bool is_undecided(const Decision& decision);

/// Whether PID 1 may keep a signal that it neither catches nor ignores, instead of dropping it at once.
bool may_be_held(int signal, const Dispositions& dispositions);

/// Whether one look says that PID 1 keeps it: what decides where PID 1 cannot be watched.
bool may_be_kept(int signal, const Dispositions& dispositions);

}  // namespace pidns
