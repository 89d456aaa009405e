#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace pidns::sys {

/// The call that an Error is about.
enum class Syscall {
  capget,
  capset,
  chdir,
  chroot,
  clock_gettime,
  dup2,
  execveat,
  fcntl,
  fork,
  fsmount,
  fstat,
  getdents,
  getrlimit,
  ioctl,
  memfd_create,
  mmap,
  mount,
  mount_binfmt,  ///< mount(2) of binfmt_misc, which is refused for reasons of its own
  open,
  pidfd_open,
  pipe2,
  prctl,
  read,
  readlink,
  rt_sigaction,
  rt_sigprocmask,
  setgroups,
  setns,
  setresgid,
  setresuid,
  setrlimit,
  setsid,
  signalfd,
  socketpair,
  stat,
  unshare,
  write,
};

/// A system call that failed; what() is `WHAT: REASON`.
class Error : public std::system_error {
 public:
  Error(Syscall call, int error, const std::string& context)
      : std::system_error(error, std::generic_category(), context), call_(call) {}

  [[nodiscard]] Syscall call() const { return call_; }
  [[nodiscard]] int error() const { return code().value(); }

 private:
  Syscall call_;
};

[[noreturn]] void throw_error(Syscall call, int error, const std::string& context);

/// Whether an error about /proc/PID says that the process, or the thread, has ended.
inline bool is_gone(const Error& error) {
  return error.error() == ENOENT || error.error() == ESRCH;
}

/// What a function that observes returns, or the default value of that type when a system call fails.
template <typename Observe>
auto or_default_on_error(Observe observe) -> decltype(observe()) {
  try {
    return observe();
  } catch (const Error&) {
    return {};
  }
}

}  // namespace pidns::sys
