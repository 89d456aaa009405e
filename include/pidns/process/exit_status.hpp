#pragma once

#include <csignal>

namespace pidns {

/// How a command ended: with an exit status, or by a signal.
struct ExitStatus {
  bool killed = false;
  int value = 0;  ///< exit status, or number of the signal

  bool operator==(const ExitStatus&) const = default;
};

/// @param change of a process that has ended, from waitid(2)
inline ExitStatus exit_status_of(const siginfo_t& change) {
  return {.killed = change.si_code != CLD_EXITED, .value = change.si_status};
}

/// What a shell adds to the number of a signal that has killed a command.
inline constexpr int signal_base = 128;

/// The number a shell would put in $?: the status, or 128 and the signal.
constexpr int shell_status(ExitStatus status) {
  return status.killed ? signal_base + status.value : status.value;
}

/// Ends this process as the command ended: exits with its status, or dies of its signal without a core file.
[[noreturn]] void exit_like(ExitStatus status);

}  // namespace pidns
