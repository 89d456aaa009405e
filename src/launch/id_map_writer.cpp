#include "pidns/launch/id_map_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "pidns/launch/id_map.hpp"
#include "pidns/process/subprocess.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

/// What newuidmap or newgidmap has said, without its name and its line end.
Failure tool_failure(const std::string& tool, const SubprocessResult& result) {
  if (result.status == ExitStatus{.killed = false, .value = status_not_found}) {
    return {status_failed, fmt::format("{}: not found", tool),
            "it is in Debian's package uidmap; only root can map ids of others without it"};
  }
  std::string_view said = result.output;
  if (said.starts_with(tool + ": ")) {
    said.remove_prefix(tool.size() + 2);
  }
  said = said.substr(0, said.find_last_not_of('\n') + 1);
  return {status_failed,
          said.empty() ? fmt::format("{}: ended with status {}", tool, shell_status(result.status))
                       : fmt::format("{}: {}", tool, said),
          {}};
}

/// @param file the map of process `pid` that the tool is to write
void call_tool(const std::string& tool, const std::string& pid, const std::string& file,
               const std::vector<IdRange>& lines, const UniqueFd& lifeline) {
  std::vector<std::string> command{tool, pid};
  for (const IdRange& line : lines) {
    for (const unsigned number : {line.inner, line.outer, line.count}) {
      command.push_back(fmt::format("{}", number));
    }
  }
  const SubprocessResult result = run_and_capture(command, STDERR_FILENO, lifeline);
  if (result.status != ExitStatus{}) {
    throw tool_failure(tool, result);
  }
  if (sys::read_file(AT_FDCWD, fmt::format("/proc/{}/{}", pid, file).c_str()).empty()) {
    throw Failure(status_failed, fmt::format("{}: ended with status 0, but has mapped nothing", tool), {});
  }
}

}  // namespace

bool needs_outside_writer(const UserNamespacePlan& plan) {
  const auto is_outside = [](const MapPlan& map) { return map.writer != MapWriter::self; };
  return (is_outside(plan.users) && !plan.users.lines.empty()) ||
         (is_outside(plan.groups) && (!plan.groups.lines.empty() || plan.setgroups));
}

void write_id_maps(const UserNamespacePlan& plan, WriterSide side, const std::string& pid,
                   const UniqueFd& lifeline, const sys::SyscallObserver& observer) {
  const auto write_file = [&](const char* file, std::string_view text) {
    sys::write_file(fmt::format("/proc/{}/{}", pid, file).c_str(), text, observer);
  };
  const auto is_ours = [&](const MapPlan& map) {
    return (map.writer == MapWriter::self) == (side == WriterSide::inside);
  };
  const auto write_map = [&](const MapPlan& map, const char* file, const std::string& tool) {
    if (map.lines.empty()) {
      return;
    }
    if (map.writer == MapWriter::tool) {
      call_tool(tool, pid, file, map.lines, lifeline);
    } else {
      write_file(file, format_id_map(map.lines));
    }
  };
  if (is_ours(plan.users)) {
    write_map(plan.users, "uid_map", "newuidmap");
  }
  if (is_ours(plan.groups)) {
    // setgroups must be denied before gid_map is written; afterwards the kernel refuses both.
    // user_namespaces(7)
    if (plan.setgroups) {
      write_file("setgroups", plan.setgroups == Setgroups::allow ? "allow" : "deny");
    }
    write_map(plan.groups, "gid_map", "newgidmap");
  }
}

}  // namespace pidns
