#include "pidns/sys/ptrace.hpp"

#include <sys/ptrace.h>

#include <cstdint>

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

}  // namespace pidns::sys
