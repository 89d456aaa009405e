#pragma once

#include <sys/types.h>

#include <optional>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/log.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// --json-status-fd: one JSON object a line. A descriptor that cannot be written must not affect the command:
/// it costs a warning.
class JsonStatus {
 public:
  /// @param fd of the caller, taken over so that the command does not inherit it; unset: write nothing
  /// @throws sys::Error
  JsonStatus(std::optional<int> fd, Log& log);

  /// Writes `{"child-pid": 4711, "pid-namespace": 4026532292, ...}` once the command runs.
  /// @param proc the outer namespace's /proc
  /// @param child PID 1 of the new namespace, as seen from outside
  void write_start(const UniqueFd& proc, pid_t child) const;

  /// Writes `{"exit-code": 7}`; after a signal it is 128 and the signal, as in a shell.
  void write_end(ExitStatus status) const;

 private:
  UniqueFd fd_;
  Log& log_;
};

}  // namespace pidns
