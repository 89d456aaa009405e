#include "pidns/launch/id_map_helper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include "pidns/launch/child.hpp"
#include "pidns/launch/hints.hpp"
#include "pidns/process/subprocess.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

/// What newuidmap or newgidmap has said, without its name and its line end.
Failure tool_failure(const std::string& tool, const SubprocessResult& result) {
  if (result.ending == ExitStatus{.killed = false, .value = status_not_found}) {
    return {status_failed, fmt::format("{}: not found", tool),
            "it is in Debian's package uidmap; only root can map ids of others without it"};
  }
  std::string_view said = result.output;
  if (said.starts_with(tool + ": ")) {
    said.remove_prefix(tool.size() + 2);
  }
  said = said.substr(0, said.find_last_not_of('\n') + 1);
  return {status_failed,
          said.empty() ? fmt::format("{}: ended with status {}", tool, shell_status(result.ending))
                       : fmt::format("{}: {}", tool, said),
          {}};
}

void call_tool(const std::string& tool, const std::string& pid, const std::vector<IdRange>& lines,
               SignalSet mask) {
  std::vector<std::string> command{tool, pid};
  for (const IdRange& line : lines) {
    for (const unsigned number : {line.inner, line.outer, line.count}) {
      command.push_back(fmt::format("{}", number));
    }
  }
  const SubprocessResult result = run_and_capture(command, STDERR_FILENO, mask);
  if (result.ending != ExitStatus{}) {
    throw tool_failure(tool, result);
  }
}

/// Writes the maps of a process, as far as they are written from inside or from outside of its namespace.
/// @param pid its name in /proc
void write_maps(const UserNamespacePlan& plan, bool inside, const std::string& pid, SignalSet mask,
                const sys::SyscallObserver& observer) {
  const auto write_file = [&](const std::string& path, std::string_view text) {
    sys::write_file(path.c_str(), text, observer);
  };
  const auto is_ours = [&](const MapPlan& map) { return (map.writer == MapWriter::self) == inside; };
  const auto write_map = [&](const MapPlan& map, const std::string& file, const std::string& tool) {
    if (map.lines.empty()) {
      return;
    }
    if (map.writer == MapWriter::tool) {
      call_tool(tool, pid, map.lines, mask);
    } else {
      write_file(fmt::format("/proc/{}/{}", pid, file), format_id_map(map.lines));
    }
  };
  if (is_ours(plan.users)) {
    write_map(plan.users, "uid_map", "newuidmap");
  }
  if (is_ours(plan.groups)) {
    // First: once there is a gid_map, setgroups(2) cannot be denied any more.
    if (plan.setgroups) {
      write_file(fmt::format("/proc/{}/setgroups", pid),
                 plan.setgroups == Setgroups::allow ? "allow" : "deny");
    }
    write_map(plan.groups, "gid_map", "newgidmap");
  }
}

/// Waits for the word to go on and writes what is written from outside.
/// @return why that could not be done
std::optional<Failure> try_to_write(const Options& options, const UserNamespacePlan& plan, sys::Pipe& go,
                                    SignalSet mask, const sys::SyscallObserver& observer) {
  try {
    sys::close(go.write, "cannot close a pipe");  // or we wait for ourselves
    // Nothing comes when our parent has died or given up.
    if (const std::string pid = sys::read_all(go.read); !pid.empty()) {
      write_maps(plan, false, pid, mask, observer);
    }
    return std::nullopt;
  } catch (const Failure& failure) {
    return failure;
  } catch (const sys::Error& error) {
    return diagnose(error, options);
  }
}

}  // namespace

bool has_work_for_helper(const UserNamespacePlan& plan) {
  const auto is_outside = [](const MapPlan& map) { return map.writer != MapWriter::self; };
  return (is_outside(plan.users) && !plan.users.lines.empty()) ||
         (is_outside(plan.groups) && (!plan.groups.lines.empty() || plan.setgroups));
}

void write_own_maps(const UserNamespacePlan& plan, const sys::SyscallObserver& observer) {
  write_maps(plan, true, "self", {}, observer);
}

MapHelper::MapHelper(const Options& options, const UserNamespacePlan& plan, SignalSet mask,
                     const sys::SyscallObserver& observer)
    : go_(sys::make_pipe()), report_(sys::make_pipe()) {
  process_.emplace(sys::spawn(sys::Memory::copied, {}, [&] { run(options, plan, mask, observer); }));
}

void MapHelper::run(const Options& options, const UserNamespacePlan& plan, SignalSet mask,
                    const sys::SyscallObserver& observer) noexcept {
  try {
    if (const auto failure = try_to_write(options, plan, go_, mask, observer)) {
      send_failure(report_.write, *failure);
    }
    ::_exit(0);
  } catch (const std::exception&) {
    ::_exit(status_failed);  // there is nobody to be told why
  }
}

void MapHelper::write_maps() {
  // What /proc calls us, which is not our PID when it belongs to a namespace further up.
  send_order(go_.write, sys::read_link(AT_FDCWD, "/proc/self"));
  sys::close(go_.write, "cannot close a pipe");
  sys::close(report_.write, "cannot close a pipe");
  if (const auto failure = receive_failure(report_.read)) {
    throw Failure(*failure);
  }
  const siginfo_t change = sys::wait_for(process_->pidfd(), WEXITED);
  process_->set_reaped();
  if (change.si_code != CLD_EXITED || change.si_status != 0) {
    throw Failure(status_failed, "cannot map ids: the process that was to do it has died", {});
  }
}

}  // namespace pidns
