#pragma once

namespace pidns {

/// How a command ended: with an exit status, or by a signal.
struct ExitStatus {
  bool killed = false;
  int value = 0;  ///< exit status, or number of the signal

  bool operator==(const ExitStatus&) const = default;
};

/// The number a shell would put in $?: the status, or 128 and the signal.
constexpr int shell_status(ExitStatus ending) {
  return ending.killed ? 128 + ending.value : ending.value;
}

/// Ends this process the way the command ended: exits with its status, or dies of its signal without a core
/// file.
[[noreturn]] void exit_like(ExitStatus ending);

}  // namespace pidns
