#include "pidns/supervise/json_status.hpp"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

using Json = nlohmann::ordered_json;

// Read from pidns itself, which shares its namespaces with the command: those of a command that is a zombie
// already may be gone. Only the children of pidns are in the PID and time namespaces.
Json start_object(const UniqueFd& proc, pid_t child) {
  Json object{{"child-pid", child}};
  for (const NamespaceKind& kind : namespace_kinds) {
    object[fmt::format("{}-namespace", kind.file)] =
        sys::inode_of(proc.get(), fmt::format("self/ns/{}", kind.children_file).c_str());
  }
  return object;
}

void write_line(const UniqueFd& fd, Log& log, const std::function<Json()>& make_object) {
  if (!fd.valid()) {
    return;
  }
  try {
    sys::write_all(fd.get(), make_object().dump() + "\n");
  } catch (const sys::Error& error) {
    log.warn("--json-status-fd: {}", error.what());
  }
}

}  // namespace

JsonStatus::JsonStatus(std::optional<int> fd, Log& log) : fd_(fd ? sys::adopt(*fd) : UniqueFd()), log_(log) {}

void JsonStatus::write_start(const UniqueFd& proc, pid_t child) const {
  write_line(fd_, log_, [&] { return start_object(proc, child); });
}

void JsonStatus::write_end(ExitStatus status) const {
  write_line(fd_, log_, [&] { return Json{{"exit-code", shell_status(status)}}; });
}

}  // namespace pidns
