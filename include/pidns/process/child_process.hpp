#pragma once

#include <sys/types.h>

#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Owns a child process: whatever happens, it does not outlive its owner and is not left a zombie.
class Process {
 public:
  explicit Process(pid_t pid) : pid_(pid) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Opened at the first call.
  [[nodiscard]] const UniqueFd& pidfd();
  /// To be called once it has been waited for: its PID may be another process's from then on.
  void set_reaped() { reaped_ = true; }

 private:
  pid_t pid_;
  UniqueFd pidfd_;
  bool reaped_ = false;
};

}  // namespace pidns
