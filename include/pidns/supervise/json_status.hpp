#pragma once

#include <sys/types.h>

#include <optional>

#include "pidns/explain/log.hpp"
#include "pidns/supervise/supervisor.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// --json-status-fd: one JSON object a line. A descriptor that cannot be written must not affect the command:
/// it costs a warning.
class JsonStatus {
 public:
  /// @param fd of the caller, taken over so that the command does not inherit it; unset: write nothing
  /// @throws Failure, sys::Error
  JsonStatus(std::optional<int> fd, Log& log);

  /// Writes `{"child-pid": 4711, "inside-pid": 2, "pid-namespace": 4026532292, ...}` once the command runs.
  /// @param proc the outer namespace's /proc
  /// @param child PID 1 of the new namespace, or the command that joins others, as seen from outside
  /// @param has_init whether PID 1 is pidns
  void write_start(const UniqueFd& proc, pid_t child, bool has_init) const;

  /// Writes `{"exit-code": 143, "signal": 15, "processes-left": 2}`: the exit code is that of a shell, and
  /// the others are there only if a signal has killed the command, and if the number is known.
  void write_end(const Ending& ending) const;

  /// Writes `{"exit-code": 127, "error": "cannot execute ..."}` when pidns itself fails.
  void write_failure(const Failure& failure) const;

 private:
  UniqueFd fd_;
  Log& log_;
};

}  // namespace pidns
