#include "pidns/launcher.hpp"

#include "pidns/child.hpp"
#include "pidns/hints.hpp"
#include "pidns/mounts.hpp"
#include "pidns/supervisor.hpp"
#include "pidns/sys.hpp"
#include "pidns/terminal.hpp"
#include "pidns/user_namespace.hpp"

namespace pidns {

namespace {

/// Without privilege every other namespace needs a user namespace around it: user_namespaces(7).
void add_user_namespace_if_needed(Options& options, Log& log) {
  if (options.identity_map || !options.automatic_user_namespace || can_make_namespaces()) {
    return;
  }
  log.info("no CAP_SYS_ADMIN: adding a user namespace that maps the current user and group to themselves");
  options.identity_map = IdentityMap::current;
  options.namespaces |= CLONE_NEWUSER;
}

void make_namespaces(const Options& options, Log& log) {
  const Ids outer = current_ids();
  sys::unshare(options.namespaces);
  log.info("created {}", sys::describe_namespaces(options.namespaces));
  if (options.identity_map) {
    write_identity_maps(*options.identity_map, outer);
  }
}

/// A child that shares our memory costs no page copies, but the kernel moves it into a new time namespace
/// only since Linux 6.0: timens_on_exec() in kernel/time/namespace.c.
sys::Memory child_memory(const Options& options) {
  return (options.namespaces & CLONE_NEWTIME) != 0 ? sys::Memory::copied : sys::Memory::shared;
}

/// The first process of the new PID namespace: everything from here to the command.
[[noreturn]] void run_child(const Options& options, const CallerSignals& caller, const sys::Pipe& report) {
  try {
    try {
      if (options.kill_child != 0) {
        die_with_parent(options.kill_child, report);
      }
      if (options.new_session) {
        sys::new_session();
      }
      prepare_mounts(options);
      become_command(options, caller);
    } catch (const sys::Error& error) {
      throw diagnose(error, options);
    }
  } catch (const Failure& failure) {
    send_failure(report.write, failure);
  }
  ::_exit(status_failed);
}

}  // namespace

Ending launch(Options options, Log& log) {
  try {
    verify_directories(options);
    const CallerSignals caller = take_over_signals();
    // Opened now: once the child has mounted its own, /proc is that of the new namespace, where we do not
    // exist.
    const UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
    add_user_namespace_if_needed(options, log);
    make_namespaces(options, log);
    if (!options.fork) {
      log.warn(
          "--no-fork: COMMAND stays in the old PID namespace and its first child becomes PID 1 of the new "
          "one; "
          "when that child ends, every further fork fails with \"Cannot allocate memory\"");
      prepare_mounts(options);
      become_command(options, caller);
    }
    Terminal terminal;
    sys::Pipe report = sys::make_pipe();
    // CLONE_NEWPID moves our children, never us: the next process made is PID 1 in there.
    Process child(sys::spawn(child_memory(options), [&] { run_child(options, caller, report); }));
    report.write.reset();
    if (const auto failure = receive_failure(report.read)) {
      throw Failure(*failure);
    }
    const Ending ending = supervise(child, proc, terminal, log);
    terminal.take_back();
    return ending;
  } catch (const sys::Error& error) {
    throw diagnose(error, options);
  }
}

}  // namespace pidns
