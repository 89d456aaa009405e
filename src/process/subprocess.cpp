#include "pidns/process/subprocess.hpp"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "pidns/process/child_process.hpp"
#include "pidns/process/exec.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// Blocks SIGCHLD beside what is blocked already, so that poll(2) tells of it; all others act as before.
/// While SIGCHLD is ignored there would be none, and no status: waitid(2), Notes.
class ChildSignal {
 public:
  ChildSignal()
      : fd_(sys::open_signalfd(child)),
        was_ignored_(sys::is_ignored(SIGCHLD)),
        before_(sys::set_signal_mask(SignalSet::all())) {
    if (was_ignored_) {
      sys::set_default_disposition(SIGCHLD);
    }
    sys::set_signal_mask(before_ | child);
  }
  ChildSignal(const ChildSignal&) = delete;
  ChildSignal& operator=(const ChildSignal&) = delete;
  ~ChildSignal() {
    try {
      if (was_ignored_) {
        sys::ignore_signal(SIGCHLD);
      }
      sys::set_signal_mask(before_);
    } catch (const sys::Error&) {
      return;  // then SIGCHLD stays blocked, as all signals are soon
    }
  }

  [[nodiscard]] const UniqueFd& fd() const { return fd_; }

 private:
  static constexpr SignalSet child = SignalSet::of(SIGCHLD);
  UniqueFd fd_;
  bool was_ignored_;
  SignalSet before_;
};

[[noreturn]] void exec_subprocess(const std::vector<std::string>& command, const sys::Pipe& pipe,
                                  int captured, pid_t parent) noexcept {
  try {
    // The kernel forgets this for a set-user-ID program: that is what the lifeline is for.
    sys::set_parent_death_signal(SIGKILL, {});
    if (::getppid() != parent) {
      ::_exit(status_failed);
    }
    const UniqueFd nothing = sys::open_file(AT_FDCWD, "/dev/null", O_RDWR);
    sys::redirect(STDIN_FILENO, nothing);
    sys::redirect(STDOUT_FILENO, nothing);  // which is the command's
    sys::redirect(STDERR_FILENO, nothing);  // pidns says what went wrong, in one line
    sys::redirect(captured, pipe.write);
    if (::geteuid() == 0 || ::getauxval(AT_SECURE) != 0) {
      ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    }
    sys::set_signal_mask({});
    execute_command(arguments_of(command), {});
  } catch (const Failure& failure) {
    ::_exit(failure.status);
  } catch (const std::exception&) {
    ::_exit(status_failed);
  }
}

/// Kills the children of this process until it has none. What they leave behind becomes its child: the caller
/// has made it a subreaper.
void kill_all_children() {
  bool any_killed = true;
  while (any_killed) {
    any_killed = false;
    std::string text = sys::try_read_file(AT_FDCWD, "/proc/thread-self/children");
    std::string_view children = text;
    while (!children.empty()) {
      const auto child = leading_number<pid_t>(consume_until(children, ' '));
      any_killed = (child > 0 && sys::kill_and_reap(child)) || any_killed;
    }
  }
}

/// Reads what there is, without waiting. @return false at the end of the output
bool read_some(const UniqueFd& pipe, std::string& output) {
  constexpr std::size_t most = 1U << 20U;
  while (sys::is_readable(pipe)) {
    const std::string text = sys::read_packet(pipe);
    if (text.empty()) {
      return false;
    }
    output.append(text, 0, most - std::min(most, output.size()));
  }
  return true;
}

}  // namespace

SubprocessResult run_and_capture(const std::vector<std::string>& command, int captured,
                                 const UniqueFd& lifeline) {
  sys::Pipe pipe = sys::make_pipe();
  const ChildSignal child_signal;
  if (lifeline.valid()) {
    sys::adopt_orphans();
  }
  const pid_t parent = ::getpid();
  // fork, not vfork: memory the child allocates before exec would leak in the parent.
  ChildProcess child(
      sys::spawn(sys::Memory::copied, {}, [&] { exec_subprocess(command, pipe, captured, parent); }));
  sys::close(pipe.write);
  std::string output;
  while (true) {
    sys::wait_readable({&pipe.read, &child_signal.fd(), &lifeline});
    if (lifeline.valid() && sys::is_readable(lifeline)) {
      sys::kill_and_reap(child.pid());
      child.set_reaped();
      kill_all_children();
      throw Failure(status_failed, command.front() + ": stopped, as pidns has ended", {});
    }
    while (sys::next_signal(child_signal.fd())) {
    }
    // Its end is looked at first: what it has written by then is read after it.
    const siginfo_t end = sys::wait_for(child.pid(), WEXITED | WNOHANG);
    if (pipe.read.valid() && !read_some(pipe.read, output)) {
      pipe.read.reset();
    }
    if (end.si_pid != 0) {
      child.set_reaped();
      return {.status = exit_status_of(end), .output = std::move(output)};
    }
  }
}

}  // namespace pidns
