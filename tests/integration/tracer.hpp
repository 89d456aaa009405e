#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness.hpp"

/// Runs pidns under ptrace(2) from one system call to the next, as strace does, but can tell its processes
/// apart: strace counts `when=N` in each process and hits them all.
namespace harness {

/// A process of pidns stands at the entry of a system call or at its end. COMMAND is not traced.
struct Stop {
  int process = 0;        ///< 0: pidns itself, 1: its first child, and so on
  pid_t pid = 0;          ///< of the process
  pid_t first = 0;        ///< PID of process 0
  bool entry = false;     ///< the call is about to be made
  long number = 0;        ///< SYS_*
  std::string call;       ///< its name, and what it is about: `openat [0]/status`, `write pipe`
  bool executed = false;  ///< COMMAND has been executed
};

struct Verdict {
  int error = 0;      ///< at an entry: the call is not made and fails with this errno
  bool hold = false;  ///< this process stays where it is until process 0 has ended
};

struct Observer {
  std::function<Verdict(const Stop&)> at_stop;
  /// Called again and again, with the PID of process 0 and stdout so far.
  std::function<void(pid_t, const std::string&)> meanwhile = {};
  std::function<void(pid_t)> when_stopped =
      {};  ///< called when a process of pidns has been stopped by a signal
};

struct TracedResult : Result {
  int processes = 0;      ///< of pidns, process 0 included
  bool executed = false;  ///< COMMAND was
  int survivors = 0;      ///< processes that had to be killed, as they had not ended by themselves
};

/// Runs a command that is or becomes pidns, and waits until every process it has left has ended. The caller
/// must be the reaper of orphans, and have no other children.
TracedResult run_traced(const std::vector<std::string>& command, const Setup& setup,
                        const Observer& observer);

/// How many calls the C library makes before main(): those that all runs begin with.
std::size_t count_startup_calls();

}  // namespace harness
