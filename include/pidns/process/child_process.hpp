#pragma once

#include <sys/types.h>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Owns a child process: whatever happens, it does not outlive its owner and is not left a zombie.
class ChildProcess {
 public:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Opened at the first call.
  [[nodiscard]] const UniqueFd& pidfd();
  /// Waits until it exits, and reaps it. @throws sys::Error
  ExitStatus wait();
  /// To be called once it has been reaped: the PID may be reused.
  void set_reaped() { reaped_ = true; }

 private:
  pid_t pid_;
  UniqueFd pidfd_;
  bool reaped_ = false;
};

}  // namespace pidns
