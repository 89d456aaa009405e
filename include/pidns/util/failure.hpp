#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace pidns {

/// Exit statuses of pidns itself, those of env(1), nohup(1) and timeout(1).
inline constexpr int status_failed = 125;
inline constexpr int status_cannot_execute = 126;
inline constexpr int status_not_found = 127;

/// pidns cannot continue: what() is `WHAT: REASON`.
struct Failure : std::runtime_error {
  Failure(int exit_status, const std::string& message, std::string advice)
      : std::runtime_error(message), status(exit_status), hint(std::move(advice)) {}

  int status;        ///< one of the three above
  std::string hint;  ///< the one thing to do about it; empty when the cause is not known
};

}  // namespace pidns
