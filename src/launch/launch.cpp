#include "pidns/launch/launch.hpp"

#include <fmt/format.h>

#include "pidns/explain/call_effects.hpp"
#include "pidns/explain/narrator.hpp"
#include "pidns/explain/signal_text.hpp"
#include "pidns/launch/child.hpp"
#include "pidns/launch/hints.hpp"
#include "pidns/launch/id_map_helper.hpp"
#include "pidns/launch/join.hpp"
#include "pidns/launch/mounts.hpp"
#include "pidns/launch/namespace_pinner.hpp"
#include "pidns/launch/time_namespace.hpp"
#include "pidns/launch/user_namespace.hpp"
#include "pidns/proc/open_proc.hpp"
#include "pidns/supervise/init.hpp"
#include "pidns/supervise/json_status.hpp"
#include "pidns/supervise/supervisor.hpp"
#include "pidns/supervise/terminal.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

/// Without privilege every other namespace needs a user namespace around it: user_namespaces(7).
void add_user_namespace_if_needed(Options& options, Narrator& narrator, Log& log) {
  // Its map of one group would deny setgroups(2), so it does not go with --setgroups=allow.
  if ((options.namespaces & CLONE_NEWUSER) != 0 || !options.automatic_user_namespace || options.setgroups ||
      can_make_namespaces()) {
    return;
  }
  log.info("no CAP_SYS_ADMIN: adding a user namespace that maps the current user and group to themselves");
  narrator.narrate(describe_added_user_namespace);
  const Ids ids = current_ids();
  options.users.own = fmt::format("{}", ids.user);
  options.groups.own = fmt::format("{}", ids.group);
  options.namespaces |= CLONE_NEWUSER;
}

void make_user_namespace(const Options& options, const CallerSignals& caller,
                         const sys::SyscallObserver& observer, Log& log) {
  const UserNamespacePlan plan = plan_user_namespace(options, caller.mask, log);
  // The helper is made first: from unshare(2) on we have no rights outside, nor have our children.
  std::optional<MapHelper> helper;
  if (has_work_for_helper(plan)) {
    helper.emplace(options, plan, caller.mask, observer);
  }
  if (plan.owner) {
    become_owner(*plan.owner, observer);
  }
  sys::unshare(options.namespaces, observer);
  if (helper) {
    helper->write_maps();
  }
  write_own_maps(plan, observer);
}

void make_namespaces(const Options& options, const CallerSignals& caller,
                     const sys::SyscallObserver& observer, Log& log) {
  if ((options.namespaces & CLONE_NEWUSER) != 0) {
    make_user_namespace(options, caller, observer, log);
  } else {
    sys::unshare(options.namespaces, observer);
  }
  log.info("created {}", describe_namespaces(options.namespaces));
  // Clocks can be moved as long as no process is in there: before the first child.
  set_clock_offsets(options, observer);
}

/// A child that shares our memory costs no page copies. The PID 1 of --init runs beside us and needs its own,
/// and the kernel moves such a child into a new time namespace only since Linux 6.0: timens_on_exec() in
/// kernel/time/namespace.c.
sys::Memory child_memory(const Options& options) {
  const bool own_memory = options.init || (options.namespaces & CLONE_NEWTIME) != 0;
  return own_memory ? sys::Memory::copied : sys::Memory::shared;
}

/// Ends a child: tells the parent why, or the user once the parent listens no more, as PID 1 of --init has
/// to.
[[noreturn]] void fail(const Failure& failure, const sys::Pipe& report, Log& log) {
  try {
    send_failure(report.write, failure);
  } catch (const sys::Error&) {
    log.failure(failure);
  }
  ::_exit(failure.status);
}

/// Runs a part of a child, which ends here if that fails. Nothing may be thrown past here: a child that
/// shares our memory would unwind our stack.
template <typename Part>
[[noreturn]] void run_or_fail(const Options& options, const sys::Pipe& report, Log& log, Part part) noexcept {
  try {
    part();
  } catch (const sys::Error& error) {
    fail(diagnose(error, options), report, log);
  } catch (const Failure& failure) {
    fail(failure, report, log);
  } catch (const std::exception& error) {
    fail(Failure(status_failed, error.what(), {}), report, log);
  }
  ::_exit(status_failed);
}

void throw_if_failed(const sys::Pipe& report) {
  if (const auto failure = receive_failure(report.read)) {
    throw Failure(*failure);
  }
}

/// Starts the command as PID 2; PID 1 stays what it is.
pid_t start_command(const Options& options, const CallerSignals& caller, const sys::Pipe& report,
                    const sys::SyscallObserver& observer, Log& log) {
  return sys::spawn(sys::Memory::shared, observer, [&] {
    run_or_fail(options, report, log, [&] {
      set_credentials(options, observer);
      exec_command(options, caller, observer);
    });
  });
}

/// The first process of the new PID namespace: everything from here to the command.
void run_child(const Options& options, const CallerSignals& caller, const NamespacePinner& pinner,
               sys::Pipe& report, sys::Channel& channel, Narrator& narrator, Log& log) {
  const sys::SyscallObserver& observer = narrator.observer();
  if (options.new_session) {
    sys::new_session(observer);
  }
  prepare_mounts(options, observer);
  if (!options.init) {
    set_credentials(options, observer);
  }
  // Only now: the kernel forgets it when the ids of a process change. PR_SET_PDEATHSIG(2const)
  if (options.kill_child != 0) {
    die_with_parent(options.kill_child, report, observer);
  }
  // Last, when little but the command can fail any more: what is kept outlives a failure.
  pinner.pin_all();
  if (!options.init) {
    exec_command(options, caller, observer);
  }
  channel.outer.reset();
  Process command(start_command(options, caller, report, observer, log));
  sys::close(report.write, "cannot close a pipe");
  // What is open in PID 1 can be reached from inside through /proc/1/fd: nothing of the outside may be left.
  sys::close_stdin_and_stdout();
  sys::close_all_above_stderr_but(channel.inner);
  ::_exit(shell_status(run_init(command, channel.inner, narrator)));
}

/// --init in a process that is PID 1 already, such as the entry point of a container: it needs no namespace
/// of ours.
bool is_init_already(const Options& options) {
  const bool nothing_else = !options.steps_named && !options.new_session && !options.json_status_fd &&
                            options.pinned.empty() && options.namespaces == (CLONE_NEWPID | CLONE_NEWNS);
  return options.init && nothing_else && ::getpid() == 1;
}

ExitStatus run_as_existing_init(Options& options, const CallerSignals& caller, Narrator& narrator, Log& log) {
  const sys::SyscallObserver& observer = narrator.observer();
  log.warn("already PID 1 of this PID namespace: --init needs no new one, COMMAND runs in this one");
  options.namespaces = 0;
  options.mount_proc.reset();
  prepare_mounts(options, observer);
  sys::Pipe report = sys::make_pipe();
  Process command(start_command(options, caller, report, observer, log));
  sys::close(report.write, "cannot close a pipe");
  throw_if_failed(report);
  sys::close_stdin_and_stdout();
  UniqueFd nobody;
  const ExitStatus ending = run_init(command, nobody, narrator);
  narrator.narrate(describe_ending, Receiver::pidns_as_init, ending, ending);
  return ending;
}

/// Without fork this process goes on as the command, outside of the PID namespace that it has made.
[[noreturn]] void exec_without_fork(const Options& options, const CallerSignals& caller,
                                    NamespacePinner& pinner, const sys::SyscallObserver& observer, Log& log) {
  log.warn(
      "--no-fork: COMMAND stays in the old PID namespace and its first child becomes PID 1 of the new one; "
      "when that child ends, every further fork fails with \"Cannot allocate memory\"");
  prepare_mounts(options, observer);
  set_credentials(options, observer);
  pinner.pin_all();
  pinner.wait();
  exec_command(options, caller, observer);
}

/// The command goes on, and its status is returned, also when nobody reads about it any more.
template <typename Write>
void write_status(const UniqueFd& status, Log& log, Write write) {
  try {
    if (status.valid()) {
      write();
    }
  } catch (const sys::Error& error) {
    log.warn("--json-status-fd: {}", error.what());
  }
}

/// Starts the child and stands in for it until it ends. Its namespaces are those of our children by now.
/// @param proc the /proc of our own
ExitStatus start_and_supervise(const Options& options, const CallerSignals& caller, NamespacePinner& pinner,
                               const UniqueFd& proc, Terminal& terminal, Narrator& narrator, Log& log) {
  const UniqueFd status = options.json_status_fd ? sys::adopt(*options.json_status_fd) : UniqueFd();
  sys::Pipe report = sys::make_pipe();
  sys::Channel channel = options.init ? sys::make_channel() : sys::Channel{};
  // CLONE_NEWPID moves our children, never us: the next process made is PID 1 in there.
  Process child(sys::spawn(child_memory(options), narrator.observer(), [&] {
    run_or_fail(options, report, log,
                [&] { run_child(options, caller, pinner, report, channel, narrator, log); });
  }));
  sys::close(report.write, "cannot close a pipe");
  channel.inner.reset();
  throw_if_failed(report);
  pinner.wait();
  write_status(status, log, [&] { write_json_start(status.get(), proc, child.pid()); });
  const ExitStatus ending = supervise(child, channel.outer, proc, terminal, options, narrator, log);
  write_status(status, log, [&] { write_json_end(status.get(), ending); });
  return ending;
}

/// Runs the command in the namespaces of another process.
ExitStatus run_joined(const Options& options, Narrator& narrator, Log& log) {
  const CallerSignals caller = block_all_signals();
  Terminal terminal;
  const UniqueFd proc = open_proc();
  join_namespaces(*options.join, proc, narrator.observer(), log);
  NamespacePinner pinner(options);
  return start_and_supervise(options, caller, pinner, proc, terminal, narrator, log);
}

ExitStatus run(Options& options, Narrator& narrator, Log& log) {
  const bool already_init = is_init_already(options);
  if (!already_init) {
    // First of all: whether the host could see our proc depends on it.
    add_user_namespace_if_needed(options, narrator, log);
  }
  verify_directories(options);
  verify_pinned(options);
  verify_clocks(options);
  const CallerSignals caller = block_all_signals();
  Terminal terminal;
  if (already_init) {
    return run_as_existing_init(options, caller, narrator, log);
  }
  // Now: once the child has mounted its own, our /proc is that of a namespace where we do not exist.
  const UniqueFd proc = open_proc();
  // Made before them: who has to be outside of the namespaces cannot come from inside.
  NamespacePinner pinner(options);
  make_namespaces(options, caller, narrator.observer(), log);
  if (!options.fork) {
    exec_without_fork(options, caller, pinner, narrator.observer(), log);
  }
  return start_and_supervise(options, caller, pinner, proc, terminal, narrator, log);
}

}  // namespace

ExitStatus launch(Options options, Log& log) {
  Narrator narrator(options);
  const auto narrate_failure = [&](const Failure& failure) {
    if (narrator.has_begun()) {
      narrator.narrate(describe_failure, failure);
    }
  };
  try {
    return options.join ? run_joined(options, narrator, log) : run(options, narrator, log);
  } catch (const sys::Error& error) {
    const Failure failure = diagnose(error, options);
    narrate_failure(failure);
    throw Failure(failure);
  } catch (const Failure& failure) {
    narrate_failure(failure);
    throw;
  }
}

}  // namespace pidns
