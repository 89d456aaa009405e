#include "pidns/supervise/own_status.hpp"

namespace pidns {

ExitStatus own_status(ExitStatus of_pid_1, const SeenOfCommand& seen) {
  if (seen.told) {
    return *seen.told;
  }
  if (seen.applied != 0) {  // also if PID 1 exits before our SIGKILL: an ordinary process was dead by then
    return {.killed = true, .value = seen.applied};
  }
  if (seen.struck != SignalSet()) {
    return {.killed = true, .value = *seen.struck.begin()};
  }
  // A PID 1 that would have died of a signal it sends itself can only exit with the number of a shell.
  const int signal = of_pid_1.value - signal_base;
  const bool stands_for_signal =
      !of_pid_1.killed && signal > 0 && signal <= last_signal && seen.received.contains(signal);
  return stands_for_signal ? ExitStatus{.killed = true, .value = signal} : of_pid_1;
}

}  // namespace pidns
