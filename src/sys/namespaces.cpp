#include "pidns/sys/namespaces.hpp"

#include <fmt/format.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "call.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns::sys {

void unshare(int flags, const SyscallObserver& observer) {
  if (observed(observer, Unshare{flags}, [&] { return ::unshare(flags); }) == -1) {
    throw_error(Syscall::unshare, errno, fmt::format("cannot create {}", describe_namespaces(flags)));
  }
}

bool at_deepest_pid_namespace() {
  // clone3(2) takes a PID for each level from this namespace upwards, and refuses a list that is longer than
  // there are levels with EINVAL. The list asks for PID 1 everywhere, which is taken, so no process is ever
  // made.
  constexpr std::size_t deepest = 32;  // MAX_PID_NS_LEVEL, include/linux/pid_namespace.h
  std::array<pid_t, deepest> init_everywhere{};
  init_everywhere.fill(1);
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uintptr_t>(init_everywhere.data());
  arguments.set_tid_size = init_everywhere.size();
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) {
    ::_exit(0);
  }
  return pid == -1 && (errno == EEXIST || errno == EPERM);
}

void enter_namespaces(const UniqueFd& file, int flags, const std::string& context,
                      const SyscallObserver& observer) {
  if (observed(observer, SetNs{file.get(), flags}, [&] { return ::setns(file.get(), flags); }) == -1) {
    throw_error(Syscall::setns, errno, context);
  }
}

UniqueFd parent_namespace(const UniqueFd& pid_namespace) {
  UniqueFd parent = above_stdio(retry([&] { return ::ioctl(pid_namespace.get(), NS_GET_PARENT); }));
  // ENOTTY and ENOSYS: a 32-bit program on a kernel that does not translate this call, and qemu-user.
  if (!parent.valid() && errno != EPERM && errno != ENOTTY && errno != ENOSYS) {
    throw_error(Syscall::ioctl, errno, "cannot find the parent of a PID namespace");
  }
  return parent;
}

bool is_pid_namespace(const UniqueFd& file) {
  return retry([&] { return ::ioctl(file.get(), NS_GET_NSTYPE); }) == CLONE_NEWPID;
}

ino_t owning_user_namespace(const UniqueFd& any_namespace) {
  const UniqueFd owner = above_stdio(retry([&] { return ::ioctl(any_namespace.get(), NS_GET_USERNS); }));
  return owner.valid() ? inode_of(owner) : 0;
}

}  // namespace pidns::sys
