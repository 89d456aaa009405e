#include "pidns/process/target.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// @return 0 when it is a file of another kind
ino_t find_pid_namespace(const char* path) {
  // First without opening it, which would wait for a FIFO.
  if (!sys::keeps_namespace(sys::open_file(AT_FDCWD, path, O_PATH))) {
    return 0;
  }
  const UniqueFd file = sys::open_file(AT_FDCWD, path, O_RDONLY);
  return sys::is_pid_namespace(file) ? sys::inode_of(file) : 0;
}

}  // namespace

ino_t kept_pid_namespace(const Target& target, std::string_view option) {
  const auto fail = [&](std::string_view reason) {
    throw Failure(status_failed, fmt::format("--{}: {}: {}", option, on_one_line(target.text), reason), {});
  };
  ino_t number = 0;
  try {
    number = find_pid_namespace(target.text.c_str());
  } catch (const sys::Error& error) {
    fail(error.code().message());
  }
  if (number == 0) {
    fail("keeps no PID namespace");
  }
  return number;
}

}  // namespace pidns
