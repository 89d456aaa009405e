#include "pidns/launch/child.hpp"

#include <unistd.h>

#include "pidns/launch/capabilities.hpp"
#include "pidns/launch/command_hints.hpp"
#include "pidns/launch/environment.hpp"
#include "pidns/launch/failure_pipe.hpp"
#include "pidns/launch/hints.hpp"
#include "pidns/launch/mounts.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/process/exec.hpp"
#include "pidns/supervise/init.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

/// A child that shares our memory costs no page copies. The PID 1 of --init runs beside us and needs its own,
/// and the kernel moves such a child into a new time namespace only since Linux 6.0: timens_on_exec() in
/// kernel/time/namespace.c.
sys::Memory child_memory(const Options& options) {
  const bool own_memory = options.init || (options.namespaces & CLONE_NEWTIME) != 0;
  return own_memory ? sys::Memory::copied : sys::Memory::shared;
}

/// Exits the child after reporting to the parent; PID 1 of --init has no listening parent and logs instead.
[[noreturn]] void fail(const Launch& launch, const sys::Pipe& pipe, const Failure& failure) {
  try {
    send_failure(pipe.write, failure);
  } catch (const sys::Error&) {
    launch.log.failure(failure);
  }
  ::_exit(failure.status);
}

/// Spawns a child that runs `part`, which must not return, and reports on the pipe if that fails. Nothing may
/// be thrown past here: a vfork child must not unwind the parent's stack.
template <typename Part>
pid_t spawn_guarded(sys::Memory memory, const Launch& launch, const sys::Pipe& pipe, Part part) {
  return sys::spawn(memory, launch.observer(), [&]() noexcept {
    try {
      part();
    } catch (const sys::Error& error) {
      fail(launch, pipe, diagnose(error, launch.options));
    } catch (const Failure& failure) {
      fail(launch, pipe, failure);
    } catch (const std::exception& error) {
      fail(launch, pipe, Failure(status_failed, error.what(), {}));
    }
  });
}

/// Makes sure that this process does not outlive the one that made it.
/// @param pipe only the parent reads from it
void die_with_parent(int signal, const sys::Pipe& pipe, const sys::SyscallObserver& observer) {
  sys::set_parent_death_signal(signal, observer);
  // The parent may have died before that; getppid(2) cannot tell, as it is 0 in here either way.
  sys::close_copy(pipe.read);
  if (!sys::has_reader(pipe.write)) {
    ::_exit(status_failed);
  }
}

/// The last step of a child. Descriptors that are closed by execve(2) are open still while the kernel looks
/// for the interpreter of a script, which could be a file below the /proc of the outside.
[[noreturn]] void become_command(const Launch& launch, const NamespacePinner& pinner) {
  sys::close_copy(launch.proc);
  exec_command(launch, [&] { pinner.pin_all(); });
}

/// The PID 1 of --init, from the start of the command to its end.
[[noreturn]] void run_as_init(const Launch& launch, const NamespacePinner& pinner, ForkLinks& links) {
  links.channel.outer.reset();
  ChildProcess command(spawn_command(launch, pinner, links.failure));
  launch.narrator.narrate_execution();  // vfork(2) has returned: it runs, or the failure is told already
  sys::close(links.failure.write);
  // What is open in PID 1 can be reached from inside through /proc/1/fd: nothing of the outside may be left.
  sys::close_stdin_and_stdout();
  sys::close_all_above_stderr_but(links.channel.inner, links.signals, launch.proc);
  sys::leave_directory();
  ::_exit(shell_status(run_init(init_task(launch, command, links.signals, links.channel.inner))));
}

[[noreturn]] void run_child(const Launch& launch, const NamespacePinner& pinner, ForkLinks& links) {
  const Options& options = launch.options;
  if (options.new_session && !options.init) {
    sys::new_session(launch.observer());
  }
  prepare_mounts(options, launch.observer());
  if (!options.init) {
    set_credentials(options, launch.observer());
  }
  // Only now: the kernel forgets it when the IDs of a process change. PR_SET_PDEATHSIG(2const)
  if (options.kill_child != 0) {
    die_with_parent(options.kill_child, links.failure, launch.observer());
  }
  if (options.init) {
    run_as_init(launch, pinner, links);
  }
  become_command(launch, pinner);
}

}  // namespace

ForkLinks make_fork_links(const Options& options) {
  return {.signals = sys::open_signalfd(SignalSet::all()),
          .failure = sys::make_pipe(),
          .channel = options.init ? sys::make_channel() : sys::Channel{}};
}

pid_t spawn_child(const Launch& launch, const NamespacePinner& pinner, ForkLinks& links) {
  return spawn_guarded(child_memory(launch.options), launch, links.failure,
                       [&] { run_child(launch, pinner, links); });
}

pid_t spawn_command(const Launch& launch, const NamespacePinner& pinner, const sys::Pipe& failure) {
  return spawn_guarded(sys::Memory::shared, launch, failure, [&] {
    if (launch.options.new_session) {
      sys::new_session(launch.observer());
    }
    set_credentials(launch.options, launch.observer());
    become_command(launch, pinner);
  });
}

InitTask init_task(const Launch& launch, ChildProcess& command, const UniqueFd& signals, UniqueFd& channel) {
  const Options& options = launch.options;
  return {.command = command,
          .signals = signals,
          .channel = channel,
          .own_session = options.new_session,
          .counts_leftovers = options.verbosity > 0 || options.json_status_fd || options.explain,
          .grace = options.grace,
          .narrator = launch.narrator,
          .log = launch.log};
}

void set_credentials(const Options& options, const sys::SyscallObserver& observer) {
  const bool keeps = options.keep_capabilities && (options.namespaces & CLONE_NEWUSER) != 0;
  if (keeps) {
    sys::keep_permitted_capabilities();
  }
  if (options.group) {
    sys::drop_groups(observer);
    sys::set_group(*options.group, observer);
  }
  if (options.user) {
    sys::set_user(*options.user, observer);  // after the group: it may remove the right to change that
  }
  if (keeps) {
    keep_capabilities();  // last: a change of user clears the effective and the ambient set
  }
}

void exec_command(const Launch& launch, const std::function<void()>& pin) {
  restore_signals(launch.caller);
  // After all steps that look something up in it, and before COMMAND is looked up in what is left of PATH.
  if (launch.options.environment) {
    keep_only(*launch.options.environment);
  }
  try {
    execute_command(launch.arguments, launch.observer(), pin);
  } catch (const Failure& failure) {
    throw diagnose_command(failure, launch.options);
  }
}

}  // namespace pidns
