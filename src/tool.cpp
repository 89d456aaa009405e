#include "pidns/tool.hpp"

#include <sys/wait.h>

#include "pidns/exec.hpp"
#include "pidns/process.hpp"
#include "pidns/sys.hpp"

namespace pidns {

namespace {

/// In the child, which shares our memory: nothing may be thrown past here.
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

ToolResult run_tool(const std::vector<std::string>& command, int captured, SignalSet mask) {
  sys::Pipe pipe = sys::make_pipe();
  Process tool(sys::spawn(sys::Memory::shared, {}, [&] { become_tool(command, pipe, captured, mask); }));
  sys::close(pipe.write, "cannot close a pipe");
  std::string output = sys::read_all(pipe.read);
  const siginfo_t change = sys::wait_for(tool.pidfd(), WEXITED);
  tool.set_reaped();
  return {.ending = {.killed = change.si_code != CLD_EXITED, .value = change.si_status},
          .output = std::move(output)};
}

}  // namespace pidns
