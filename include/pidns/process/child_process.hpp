#pragma once

#include <sys/types.h>

#include "pidns/process/exit_status.hpp"

namespace pidns {

/// Owns a child process: whatever happens, it does not outlive its owner and is not left a zombie. Until it
/// is reaped its PID names it and no other, so that no pidfd is needed.
class ChildProcess {
 public:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Waits until it exits, and reaps it.
  ExitStatus wait();
  /// To be called once it has been reaped: the PID may be reused.
  void set_reaped() { reaped_ = true; }

 private:
  pid_t pid_;
  bool reaped_ = false;
};

}  // namespace pidns
