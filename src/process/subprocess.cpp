#include "pidns/process/subprocess.hpp"

#include <sys/wait.h>

#include "pidns/process/child_process.hpp"
#include "pidns/process/exec.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

/// Everything that the child does.
[[noreturn]] void become_tool(const std::vector<std::string>& command, const sys::Pipe& pipe, int captured,
                              SignalSet mask) noexcept {
  try {
    sys::redirect(captured, pipe.write);
    sys::set_signal_mask(mask);
    execute_command(command, {});
  } catch (const Failure& failure) {
    ::_exit(failure.status);
  } catch (const std::exception&) {
    ::_exit(status_failed);
  }
}

}  // namespace

SubprocessResult run_and_capture(const std::vector<std::string>& command, int captured, SignalSet mask) {
  sys::Pipe pipe = sys::make_pipe();
  // What a child that shares our memory has not freed when it executes the tool would be lost to us.
  Process tool(sys::spawn(sys::Memory::copied, {}, [&] { become_tool(command, pipe, captured, mask); }));
  sys::close(pipe.write, "cannot close a pipe");
  std::string output = sys::read_all(pipe.read);
  const siginfo_t change = sys::wait_for(tool.pidfd(), WEXITED);
  tool.set_reaped();
  return {.ending = {.killed = change.si_code != CLD_EXITED, .value = change.si_status},
          .output = std::move(output)};
}

}  // namespace pidns
