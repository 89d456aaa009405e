#include "pidns/process/child_process.hpp"

#include <sys/wait.h>

#include "pidns/sys/processes.hpp"

namespace pidns {

ChildProcess::~ChildProcess() {
  if (!reaped_) {
    sys::kill_and_reap(pid_);
  }
}

ExitStatus ChildProcess::wait() {
  const siginfo_t change = sys::wait_for(pid_, WEXITED);
  set_reaped();
  return exit_status_of(change);
}

}  // namespace pidns
