#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "pidns/proc/process_ids.hpp"
#include "pidns/supervise/held_signals.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Sees what PID 1 does with signals that it holds, by being attached to it until that is decided. The kernel
/// queues every signal of a traced PID 1 and stops it at the delivery, where its handlers say exactly what
/// would happen; a signal that is taken by sigwait(3) or read from a signalfd never stops it. ptrace(2),
/// "Signal-delivery-stop".
class DeliveryWatch {
 public:
  /// @param proc an open /proc
  explicit DeliveryWatch(const UniqueFd& proc) : proc_(proc) {}

  /// Attaches to all threads of PID 1. To be called before the signal is passed on.
  /// @return false when that is refused, as when PID 1 is traced already
  bool attach(ProcessIds target);
  /// Attaches again to a PID 1 that was stopped while it held signals. To be called before it is continued:
  /// once it runs, it may release them at any moment.
  /// @return those of them that may have been discarded, if it has been continued already
  SignalSet attach_again();
  /// Lets the threads go on that attach_again() has found stopped: a SIGCONT does not do that for a traced
  /// thread.
  void resume_stopped();
  /// @param handled the signals that PID 1 caught or ignored at the last look before the delivery
  void add(int signal, SignalSet handled);
  void remove_stop_signals() { held_.remove_stop_signals(); }

  /// Handles a change of state of a thread. @param discard called with a signal that PID 1 discards, before
  /// PID 1 continues
  void handle(const siginfo_t& change, const std::function<void(int signal)>& discard);
  /// The signals pending at this moment. To be read before the changes of state that settle() follows.
  /// @return nothing when they cannot be read
  [[nodiscard]] std::optional<SignalSet> read_pending() const;
  /// Ends what is decided, and detaches once nothing is held.
  void settle(const std::optional<SignalSet>& pending);

  [[nodiscard]] bool is_attached() const { return !threads_.empty(); }
  [[nodiscard]] bool holds(int signal) const { return held_.contains(signal); }
  /// The signals that are undecided now, or were so when PID 1 ended or stopped.
  [[nodiscard]] SignalSet undecided() const { return held_.undecided(); }
  /// How long to wait before the next look, in milliseconds; -1: without end.
  [[nodiscard]] int pause() const;

 private:
  [[nodiscard]] pid_t in_proc(pid_t thread) const;
  [[nodiscard]] SignalSet handled_by(pid_t thread) const;
  void resume(pid_t thread, int signal);
  bool interrupt_threads();

  const UniqueFd& proc_;
  ProcessIds target_{};
  std::set<pid_t> threads_;     // attached to
  std::vector<pid_t> stopped_;  // of those, until they are resumed
  HeldSignals held_;
  SignalSet known_handled_;  // by PID 1, at the last look before a delivery
  int looks_ = 0;            // since the last change
  bool all_asleep_ = false;  // in system calls, at the last look, and none has stopped since
};

}  // namespace pidns
