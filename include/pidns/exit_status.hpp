#pragma once

#include <stdexcept>
#include <string>

namespace pidns {

/// Exit statuses of pidns itself, those of env(1), nohup(1) and timeout(1).
inline constexpr int status_failed = 125;
inline constexpr int status_cannot_execute = 126;
inline constexpr int status_not_found = 127;

/// How a command ended: with an exit status, or by a signal.
struct Ending {
  bool killed = false;
  int value = 0;  ///< exit status, or number of the signal

  bool operator==(const Ending&) const = default;
};

/// The number a shell would put in $?: the status, or 128 and the signal.
constexpr int shell_status(Ending ending) {
  return ending.killed ? 128 + ending.value : ending.value;
}

/// Ends this process the way the command ended: exits with its status, or dies of its signal without a core
/// file.
[[noreturn]] void end_like(Ending ending);

/// pidns cannot go on: what() is `WHAT: REASON`.
struct Failure : std::runtime_error {
  Failure(int exit_status, const std::string& message, std::string advice)
      : std::runtime_error(message), status(exit_status), hint(std::move(advice)) {}

  int status;        ///< one of the three above
  std::string hint;  ///< the one thing to do about it; empty when the cause is not known
};

}  // namespace pidns
