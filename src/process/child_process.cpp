#include "pidns/process/child_process.hpp"

#include "pidns/sys/processes.hpp"

namespace pidns {

Process::~Process() {
  if (!reaped_) {
    sys::kill_and_reap(pid_);
  }
}

const UniqueFd& Process::pidfd() {
  if (!pidfd_.valid()) {
    pidfd_ = sys::open_pidfd(pid_);
  }
  return pidfd_;
}

}  // namespace pidns
