#include "pidns/supervise/json_status.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "pidns/sys/files.hpp"

namespace pidns {

namespace {

struct Number {
  std::string_view key;
  std::string_view file;
};

// Read from pidns itself, which shares them with the command, whose own may be gone when it is a zombie
// already. In a PID or a time namespace pidns has only children.
constexpr std::array namespace_numbers{
    Number{"cgroup-namespace", "cgroup"},
    Number{"ipc-namespace", "ipc"},
    Number{"mnt-namespace", "mnt"},
    Number{"net-namespace", "net"},
    Number{"pid-namespace", "pid_for_children"},
    Number{"time-namespace", "time_for_children"},
    Number{"user-namespace", "user"},
    Number{"uts-namespace", "uts"},
};

void write_line(int fd, const nlohmann::ordered_json& object) {
  sys::write_all(fd, object.dump() + "\n");
}

}  // namespace

void write_json_start(int fd, const UniqueFd& proc, pid_t child) {
  nlohmann::ordered_json object{{"child-pid", child}};
  for (const auto& [key, file] : namespace_numbers) {
    object[std::string(key)] = sys::inode_of(proc.get(), fmt::format("self/ns/{}", file).c_str());
  }
  write_line(fd, object);
}

void write_json_end(int fd, ExitStatus ending) {
  write_line(fd, {{"exit-code", shell_status(ending)}});
}

}  // namespace pidns
