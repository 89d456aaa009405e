#pragma once

#include <sys/types.h>

#include <vector>

namespace pidns {

/// The signals that the PID 1 of --init has received itself and not passed on yet. What is sent to the whole
/// process group, as by `kill 0`, reaches the outer pidns, PID 1 and COMMAND; what is sent to one of the two
/// must be passed on to COMMAND. The kernel does not tell which it was, but the copies of the other do.
class OwnCopies {
 public:
  /// @param sender as PID 1 sees it; 0: a process outside
  void hold(int signal, pid_t sender) { held_.push_back({signal, sender}); }

  /// The outer pidns has received a signal.
  /// @param sender as the outer pidns sees it: the kernel does not translate the PID of a process inside,
  /// prepare_kill_siginfo() in kernel/signal.c; 0: the signal was sent to no group
  /// @return whether to pass it on
  bool match(int signal, pid_t sender);

  /// The outer pidns has told of all that it had received. @return whether to pass a held copy on
  bool release(int signal);
  /// The outer pidns has hung up and will tell nothing more. @return the signals to pass on
  std::vector<int> release_all();

 private:
  struct Copy {
    int signal;
    pid_t sender;

    bool operator==(const Copy&) const = default;
  };

  bool remove(const Copy& copy);

  std::vector<Copy> held_;
};

}  // namespace pidns
