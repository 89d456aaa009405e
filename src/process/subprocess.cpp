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

[[noreturn]] void exec_subprocess(const std::vector<std::string>& command, const sys::Pipe& pipe,
                                  int captured) noexcept {
  try {
    sys::redirect(captured, pipe.write);
    sys::set_signal_mask({});
    execute_command(command, {});
  } catch (const Failure& failure) {
    ::_exit(failure.status);
  } catch (const std::exception&) {
    ::_exit(status_failed);
  }
}

}  // namespace

SubprocessResult run_and_capture(const std::vector<std::string>& command, int captured) {
  sys::Pipe pipe = sys::make_pipe();
  // fork, not vfork: memory the child allocates before exec would leak in the parent.
  ChildProcess child(sys::spawn(sys::Memory::copied, {}, [&] { exec_subprocess(command, pipe, captured); }));
  sys::close(pipe.write);
  std::string output = sys::read_all(pipe.read);
  return {.status = child.wait(), .output = std::move(output)};
}

}  // namespace pidns
