#include "pidns/process/exit_status.hpp"

#include <unistd.h>

#include "pidns/sys/error.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"

namespace pidns {

void exit_like(ExitStatus status) {
  if (status.killed) {
    // The command has left its core file; ours would tell nothing. Not by RLIMIT_CORE, which does not keep
    // the kernel from starting a core_pattern pipe: core(5).
    sys::hide_memory();
    try {
      sys::raise_with_default_action(status.value);
    } catch (const sys::Error&) {
      // Then the number alone has to tell it.
    }
    // Still here: we are PID 1 of a namespace ourselves, and such a process does not die of its own signals.
  }
  // Nothing is left to be written, and what exit(3) would do costs page faults.
  ::_exit(shell_status(status));
}

}  // namespace pidns
