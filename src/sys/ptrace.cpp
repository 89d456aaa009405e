#include "pidns/sys/ptrace.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdint>

#include "call.hpp"

namespace pidns::sys {

namespace {

void* as_pointer(int signal) {
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(signal));  // NOLINT: how ptrace(2) takes a signal
}

}  // namespace

bool attach(pid_t thread) {
  return ::ptrace(PTRACE_SEIZE, thread, nullptr, as_pointer(PTRACE_O_TRACECLONE)) == 0;
}

void resume(pid_t thread, int signal) {
  ::ptrace(PTRACE_CONT, thread, nullptr, as_pointer(signal));
}

void detach(pid_t thread, int signal) {
  ::ptrace(PTRACE_DETACH, thread, nullptr, as_pointer(signal));
}

void interrupt(pid_t thread) {
  ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
}

namespace {

/// Where waitid(2) is refused. Of a thread that we are attached to, every stop is one of ptrace(2).
std::optional<siginfo_t> wait_in_older_way() {
  int status = 0;
  const pid_t found = retry([&] { return ::wait4(-1, &status, WUNTRACED | WNOHANG | __WALL, nullptr); });
  if (found <= 0) {
    return std::nullopt;
  }
  siginfo_t info{};
  info.si_pid = found;
  info.si_code = WIFEXITED(status) ? CLD_EXITED : WIFSIGNALED(status) ? CLD_KILLED : CLD_TRAPPED;
  info.si_status = WIFSIGNALED(status) ? WTERMSIG(status) : status >> 8;
  return info;
}

}  // namespace

std::optional<siginfo_t> wait_for_any_thread() noexcept {
  siginfo_t info{};
  if (retry([&] { return ::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | __WALL); }) == -1) {
    return wait_in_older_way();
  }
  return info.si_pid == 0 ? std::nullopt : std::optional(info);
}

}  // namespace pidns::sys
