#include "pidns/supervise/json_status.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

using Json = nlohmann::ordered_json;

// Read from pidns itself, which shares its namespaces with the command: those of a command that is a zombie
// already may be gone. Only the children of pidns are in the PID and time namespaces.
Json start_object(const UniqueFd& proc, pid_t child, bool has_init) {
  Json object{{"child-pid", child}};
  if (has_init) {
    object["inside-pid"] = 2;  // the first child of PID 1
  } else if (const auto status = read_status(proc, child); status && !status->pids.empty()) {
    object["inside-pid"] = status->pids.back();
  }
  for (const NamespaceKind& kind : namespace_kinds) {
    object[fmt::format("{}-namespace", kind.file)] =
        sys::inode_of(proc.get(), fmt::format("self/ns/{}", kind.children_file).c_str());
  }
  return object;
}

/// With a blank after each colon and comma, as bwrap writes it.
std::string to_line(const Json& object) {
  std::string line;
  for (const auto& [key, value] : object.items()) {
    line += fmt::format("{}{}: {}", line.empty() ? "{" : ", ", Json(key).dump(), value.dump());
  }
  return line + "}\n";
}

void write_line(const UniqueFd& fd, Log& log, const std::function<Json()>& make_object) {
  if (!fd.valid()) {
    return;
  }
  try {
    if (!sys::write_text(fd.get(), to_line(make_object()), sys::Wait::no)) {
      log.warn("--json-status-fd: cannot write: {}",
               errno == EAGAIN ? "its reader does not read" : std::strerror(errno));
    }
  } catch (const std::exception& error) {
    log.warn("--json-status-fd: {}", error.what());
  }
}

}  // namespace

JsonStatus::JsonStatus(std::optional<int> fd, Log& log) : log_(log) {
  if (!fd) {
    return;
  }
  if (!sys::is_open(*fd)) {
    throw Failure(status_failed, fmt::format("--json-status-fd: {} is not an open file descriptor", *fd), {});
  }
  fd_ = sys::adopt(*fd);
}

void JsonStatus::write_start(const UniqueFd& proc, pid_t child, bool has_init) const {
  write_line(fd_, log_, [&] { return start_object(proc, child, has_init); });
}

void JsonStatus::write_end(const Ending& ending) const {
  write_line(fd_, log_, [&] {
    Json object{{"exit-code", shell_status(ending.status)}};
    if (ending.status.killed) {
      object["signal"] = ending.status.value;
    }
    if (ending.left) {
      object["processes-left"] = *ending.left;
    }
    return object;
  });
}

void JsonStatus::write_failure(const Failure& failure) const {
  write_line(fd_, log_, [&] { return Json{{"exit-code", failure.status}, {"error", failure.what()}}; });
}

}  // namespace pidns
