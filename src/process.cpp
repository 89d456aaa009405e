#include "pidns/process.hpp"

#include <sys/wait.h>

#include <csignal>

#include "pidns/sys.hpp"

namespace pidns {

Process::~Process() {
  if (!reaped_) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
    }
  }
}

const UniqueFd& Process::pidfd() {
  if (!pidfd_.valid()) {
    pidfd_ = sys::open_pidfd(pid_);
  }
  return pidfd_;
}

}  // namespace pidns
