#pragma once

#include <sys/types.h>

/// Being attached to the threads of another process: ptrace(2). A thread that has ended or is not stopped
/// makes these calls do nothing.
namespace pidns::sys {

/// Attaches to a running thread, and to those that it creates, without stopping it: PTRACE_SEIZE.
/// @return false when that is refused, as when it is traced already
bool attach(pid_t thread);
/// Lets a stopped thread continue, with a signal or with 0.
void resume(pid_t thread, int signal);
/// The same, and detaches from it.
void detach(pid_t thread, int signal);
/// Stops a running thread, so that it can be detached from: PTRACE_INTERRUPT.
void interrupt(pid_t thread);

}  // namespace pidns::sys
