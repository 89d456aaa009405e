#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "pidns/explain/step.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

/// Who sent a signal to pidns.
struct Sender {
  Origin origin;
  int code;   ///< si_code: sigaction(2)
  pid_t pid;  ///< si_pid
};

/// A signal that has arrived.
/// @param decision with `watch` only if pidns can watch
/// @param dispositions of PID 1, when they were read
Step describe_signal(int signal, const Sender& sender, Receiver receiver, const Decision& decision,
                     const std::optional<Dispositions>& dispositions);
/// What pidns does in place of the kernel, which has discarded the signal.
Step describe_default_action(int signal);
/// PID 1 had a handler for a deadly signal when it came, and has none any more.
Step describe_reset_handler(int signal);
/// PID 1 of --init passes a signal on.
Step describe_signal_to_command(int signal, const Sender& sender, pid_t command);
/// PID 1 of --init does not pass a signal on that the whole process group has received.
/// @param sender its PID inside
Step describe_signal_to_group(int signal, pid_t sender);
/// PID 1 of --init has reaped a process that had lost its parent.
Step describe_reaped_orphan(pid_t pid, const ExitStatus& ending);
/// What COMMAND has left behind.
/// @param leftovers `1 process was left: sleep 60 (7)`
/// @param grace of --grace
Step describe_leftovers(const std::string& leftovers, std::chrono::milliseconds grace);
/// PID 1, or COMMAND, was stopped, and pidns is about to stop with this signal.
Step describe_stop(int signal, Receiver receiver);
Step describe_continuation(Receiver receiver);

/// The end of PID 1, or of the command that has joined.
/// @param init how that process has ended
/// @param ending how pidns is about to end
Step describe_ending(Receiver receiver, const ExitStatus& init, const ExitStatus& ending);
/// pidns cannot continue; the error message follows.
Step describe_failure(const Failure& failure);

}  // namespace pidns
