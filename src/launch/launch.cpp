#include "pidns/launch/launch.hpp"

#include <unistd.h>

#include <csignal>

#include "pidns/explain/signal_text.hpp"
#include "pidns/launch/child.hpp"
#include "pidns/launch/effective_options.hpp"
#include "pidns/launch/failure_pipe.hpp"
#include "pidns/launch/hints.hpp"
#include "pidns/launch/join.hpp"
#include "pidns/launch/kernel.hpp"
#include "pidns/launch/mounts.hpp"
#include "pidns/launch/namespace_pinner.hpp"
#include "pidns/launch/time_namespace.hpp"
#include "pidns/launch/user_namespace.hpp"
#include "pidns/proc/open_proc.hpp"
#include "pidns/process/exec.hpp"
#include "pidns/supervise/init.hpp"
#include "pidns/supervise/json_status.hpp"
#include "pidns/supervise/supervisor.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

/// Finds what cannot work before anything is changed.
void check(const Options& options) {
  refuse_old_kernel();
  if (!options.join) {
    check_directories(options);
    check_clock_offsets(options);
  }
}

/// Dies with the parent, from now on: a change of the user namespace makes the kernel forget it.
/// @param parent the PID that it had when pidns started
void die_with(pid_t parent, const Launch& launch) {
  sys::set_parent_death_signal(SIGKILL, launch.observer());
  if (::getppid() != parent) {
    ::kill(::getpid(), SIGKILL);
  }
}

void create_namespaces(const Launch& launch) {
  const Options& options = launch.options;
  if ((options.namespaces & CLONE_NEWUSER) != 0) {
    create_user_namespace(options, launch.caller, launch.observer(), launch.log);
  } else {
    sys::unshare(options.namespaces, launch.observer());
  }
  launch.log.info("created {}", describe_namespaces(options.namespaces));
  // Clocks can be offset only before the first child exists.
  set_clock_offsets(options, launch.observer());
}

Receiver receiver_of(const Options& options) {
  return options.join ? Receiver::joined_command : options.init ? Receiver::pidns_as_init : Receiver::init;
}

/// Without fork this process executes the command itself, outside the PID namespace that it has created.
[[noreturn]] void exec_without_fork(const Launch& launch, NamespacePinner& pinner) {
  launch.log.warn(
      "--no-fork: COMMAND stays in the old PID namespace and its first child becomes PID 1 of the new one; "
      "when that child ends, every further fork fails with \"Cannot allocate memory\"");
  prepare_mounts(launch.options, launch.observer());
  set_credentials(launch.options, launch.observer());
  exec_command(launch, [&] {
    pinner.pin_all();
    pinner.wait();
  });
}

/// Starts the child and represents it until it ends. The namespaces are those of our children by now.
ExitStatus start_and_supervise(Launch& launch, NamespacePinner& pinner) {
  ForkLinks links = make_fork_links(launch.options);
  // CLONE_NEWPID moves our children, never us: the next process created is PID 1 of the new namespace.
  ChildProcess child(spawn_child(launch, pinner, links));
  links.channel.inner.reset();
  throw_if_failed(links.failure);  // end of file: exec has succeeded
  launch.narrator.narrate_execution();
  pinner.wait();
  launch.json_status.write_start(launch.proc, child.pid(), launch.options.init);
  const Ending ending = supervise({.child = child,
                                   .signals = links.signals,
                                   .channel = links.channel.outer,
                                   .receiver = receiver_of(launch.options),
                                   .proc = launch.proc,
                                   .terminal = launch.terminal,
                                   .narrator = launch.narrator,
                                   .log = launch.log});
  launch.json_status.write_end(ending);
  return ending.status;
}

ExitStatus run_in_new_namespaces(Launch& launch) {
  // Now: once the child has mounted its own, our /proc is that of a namespace where we do not exist.
  launch.proc = open_proc();
  const pid_t parent = ::getppid();
  NamespacePinner pinner(launch.options, launch.log);  // stays outside, so it must exist before unshare(2)
  create_namespaces(launch);
  if (launch.options.die_with_parent) {
    die_with(parent, launch);
  }
  if (!launch.options.fork) {
    exec_without_fork(launch, pinner);
  }
  return start_and_supervise(launch, pinner);
}

ExitStatus run_joined(Launch& launch) {
  launch.proc = open_proc();
  const pid_t parent = ::getppid();
  join_namespaces(launch.options, launch.proc, launch.observer(), launch.log);
  if (launch.options.die_with_parent) {
    die_with(parent, launch);
  }
  NamespacePinner none(launch.options, launch.log);
  return start_and_supervise(launch, none);
}

/// --init in a process that is PID 1 already, such as the entry point of a container.
ExitStatus run_as_existing_init(const Launch& launch) {
  prepare_mounts(launch.options, launch.observer());
  sys::Pipe failure = sys::make_pipe();
  const UniqueFd signals = sys::open_signalfd(SignalSet::all());
  const NamespacePinner none(launch.options, launch.log);
  ChildProcess command(spawn_command(launch, none, failure));
  throw_if_failed(failure);
  launch.narrator.narrate_execution();
  sys::close_stdin_and_stdout();
  sys::leave_directory();
  UniqueFd no_channel;
  const ExitStatus status = run_init(init_task(launch, command, signals, no_channel));
  launch.narrator.narrate(describe_ending, Receiver::pidns_as_init, status, status);
  return status;
}

ExitStatus run(const Options& options, const JsonStatus& json_status, Narrator& narrator, Log& log) {
  check(options);
  Launch launch{.options = options,
                .narrator = narrator,
                .log = log,
                .caller = block_all_signals(),
                .terminal = Terminal(),
                .json_status = json_status,
                .arguments = arguments_of(options.command),
                .proc = {}};
  if (options.join) {
    return run_joined(launch);
  }
  return uses_existing_init(options) ? run_as_existing_init(launch) : run_in_new_namespaces(launch);
}

ExitStatus run_or_diagnose(const Options& options, const JsonStatus& json_status, Narrator& narrator,
                           Log& log) {
  try {
    return run(options, json_status, narrator, log);
  } catch (const sys::Error& error) {
    throw diagnose(error, options);
  }
}

}  // namespace

ExitStatus launch(const Options& requested, Log& log) {
  Narrator narrator(requested);
  log.set_width(narrator.width());
  const JsonStatus json_status(requested.json_status_fd, log);
  try {
    narrator.check_terminal();
    return run_or_diagnose(complete(requested, narrator, log), json_status, narrator, log);
  } catch (const Failure& failure) {
    json_status.write_failure(failure);
    if (const int signal = narrator.ending_signal()) {
      return {.killed = true, .value = signal};
    }
    narrator.forget_execution();
    if (narrator.has_begun() && !narrator.was_quit()) {
      narrator.narrate(describe_failure, failure);
    }
    throw;
  }
}

}  // namespace pidns
