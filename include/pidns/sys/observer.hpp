#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

/// The system calls that shape the command's surroundings, as plain data for an observer. What they point to
/// is valid while the observer runs.
namespace pidns::sys {

/// How a child's memory relates to its parent's.
enum class Memory {
  copied,  ///< fork(2)
  shared,  ///< vfork(2): the parent waits until the child executes a program or exits, and no page is copied
};

struct Unshare {
  int flags;
};
struct SetNs {
  int fd;
  int flags;
};
struct Fork {
  Memory memory;
};
struct Mount {
  const char* source;
  const char* target;
  const char* type;  ///< nullptr: none
  unsigned long flags;
};
struct Chroot {
  const char* path;
};
struct Chdir {
  const char* path;
};
/// A file opened for one Write.
struct Open {
  const char* path;
  int flags;
};
struct Write {
  int fd;
  const char* path;  ///< what `fd` was opened as
  std::string_view text;
};
struct Setsid {};
struct SetParentDeathSignal {
  int signal;
};
struct SetUndumpable {};
struct DropGroups {};
struct SetUser {
  uid_t id;
};
struct SetGroup {
  gid_t id;
};
/// Not one call, but one execve(2) for each file that the command may mean, as in execvp(3).
struct Execute {
  const std::vector<char*>& arguments;  ///< with the nullptr at their end
};

using Call = std::variant<Unshare, SetNs, Fork, Mount, Chroot, Chdir, Open, Write, Setsid,
                          SetParentDeathSignal, SetUndumpable, DropGroups, SetUser, SetGroup, Execute>;

struct Result {
  long value = 0;
  int error = 0;  ///< errno when the call has failed
};

/// Called before a call, without a result, and with it after the call has returned. A successful Fork is
/// reported in the child, since the parent of a vfork(2) has to wait; an Open only if it has failed; an
/// Execute that succeeds does not return. May throw only before the call, which is then not made. Empty:
/// tracing is off.
using SyscallObserver = std::function<void(const Call&, const std::optional<Result>&)>;

}  // namespace pidns::sys
