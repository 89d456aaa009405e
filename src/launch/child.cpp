#include "pidns/launch/child.hpp"

#include <unistd.h>

#include <cerrno>
#include <climits>

#include "pidns/launch/capabilities.hpp"
#include "pidns/launch/environment.hpp"
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

CallerSignals block_all_signals() {
  const SignalSet mask = sys::set_signal_mask(SignalSet::all());
  // While SIGCHLD is ignored the kernel reaps children by itself and their status is lost: waitid(2), Notes.
  // Not touched otherwise: setting the default would throw a pending SIGCHLD away.
  const bool child_ignored = sys::is_ignored(SIGCHLD);
  if (child_ignored) {
    sys::set_default_disposition(SIGCHLD);
  }
  return {.mask = mask, .child_ignored = child_ignored};
}

void set_credentials(const Options& options, const sys::SyscallObserver& observer) {
  if (options.group) {
    sys::drop_groups(observer);
    sys::set_group(*options.group, observer);
  }
  if (options.user) {
    sys::set_user(*options.user, observer);  // after the group: it may take the right to change that
  }
  if (options.keep_capabilities && (options.namespaces & CLONE_NEWUSER) != 0) {
    keep_capabilities();  // last: a change of user clears the ambient set
  }
}

void exec_command(const Options& options, const CallerSignals& caller, const sys::SyscallObserver& observer) {
  if (caller.child_ignored) {
    sys::ignore_signal(SIGCHLD);
  }
  sys::set_signal_mask(caller.mask);
  // After all steps that look something up in it, and before COMMAND is looked up in what is left of PATH.
  if (options.environment) {
    keep_only(*options.environment);
  }
  execute_command(options.command, observer);
}

void die_with_parent(int signal, const sys::Pipe& pipe_to_parent, const sys::SyscallObserver& observer) {
  sys::set_parent_death_signal(signal, observer);
  // The parent may have died before that; getppid(2) cannot tell, as it is 0 in here either way.
  sys::close_copy(pipe_to_parent.read);
  if (!sys::has_reader(pipe_to_parent.write)) {
    ::_exit(status_failed);
  }
}

void send_order(const UniqueFd& pipe, std::string_view order) {
  try {
    sys::write_all(pipe.get(), order);
  } catch (const sys::Error& error) {
    if (error.error() != EPIPE) {
      throw;
    }
  }
}

void send_failure(const UniqueFd& pipe, const Failure& failure) {
  std::string packet{static_cast<char>(failure.status)};
  packet.append(failure.what()).push_back('\0');
  packet.append(failure.hint);
  packet.resize(std::min<std::size_t>(packet.size(), PIPE_BUF));  // so that one write(2) takes it whole
  sys::write_all(pipe.get(), packet);
}

std::optional<Failure> receive_failure(const UniqueFd& pipe) {
  const std::string packet = sys::read_all(pipe);
  if (packet.empty()) {
    return std::nullopt;
  }
  std::string_view rest = packet;
  const int status = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  const std::string message(consume_until(rest, '\0'));
  return Failure(status, message, std::string(rest));
}

}  // namespace pidns
