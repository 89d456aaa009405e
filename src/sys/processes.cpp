#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <new>

#include "call.hpp"
#include "pidns/sys.hpp"

namespace pidns::sys {

std::int64_t seconds_of(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) == -1) {
    throw_error("clock_gettime", errno, "cannot read a clock");
  }
  return now.tv_sec;
}

bool has_capability(int capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (retry([&] { return ::syscall(SYS_capget, &header, sets.data()); }) == -1) {
    throw_error("capget", errno, "cannot read capabilities");
  }
  return (sets.at(static_cast<std::size_t>(CAP_TO_INDEX(capability))).effective & CAP_TO_MASK(capability)) !=
         0;
}

int execute(const char* file, const std::vector<char*>& arguments) {
  retry([&] { return ::execve(file, arguments.data(), environ); });
  return errno;
}

void set_parent_death_signal(int signal, const Listener& listener) {
  if (heard(listener, SetParentDeathSignal{signal}, [&] { return ::prctl(PR_SET_PDEATHSIG, signal); }) ==
      -1) {
    throw_error("prctl", errno, "cannot ask for a signal at the death of pidns");
  }
}

void hide_memory(const Listener& listener) {
  heard(listener, SetUndumpable{}, [] { return ::prctl(PR_SET_DUMPABLE, 0); });
}

void drop_groups(const Listener& listener) {
  if (heard(listener, DropGroups{}, [] { return ::setgroups(0, nullptr); }) == -1) {
    throw_error("setgroups", errno, "cannot give up supplementary groups");
  }
}

void set_group(gid_t group, const Listener& listener) {
  if (heard(listener, SetGroup{group}, [&] { return ::setresgid(group, group, group); }) == -1) {
    throw_error("setresgid", errno, fmt::format("cannot become group {}", group));
  }
}

void set_user(uid_t user, const Listener& listener) {
  if (heard(listener, SetUser{user}, [&] { return ::setresuid(user, user, user); }) == -1) {
    throw_error("setresuid", errno, fmt::format("cannot become user {}", user));
  }
}

void new_session(const Listener& listener) {
  if (heard(listener, Setsid{}, [] { return ::setsid(); }) == -1) {
    throw_error("setsid", errno, "cannot start a new session");
  }
}

UniqueFd open_pidfd(pid_t pid) {
  UniqueFd pidfd = above_stdio(static_cast<int>(retry([&] { return ::syscall(SYS_pidfd_open, pid, 0); })));
  if (!pidfd.valid()) {
    throw_error("pidfd_open", errno, fmt::format("cannot open a pidfd for process {}", pid));
  }
  return pidfd;
}

siginfo_t wait_for(const UniqueFd& pidfd, int options) {
  siginfo_t info{};
  if (retry([&] { return ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, options); }) == -1) {
    throw_error("waitid", errno, "cannot wait for the command");
  }
  return info;
}

void kill_and_reap(pid_t child) {
  if (::kill(child, SIGKILL) == 0) {
    retry([&] { return ::waitpid(child, nullptr, 0); });
  }
}

std::optional<siginfo_t> wait_for_any_child() {
  siginfo_t info{};
  if (retry([&] { return ::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG); }) == -1 &&
      errno != ECHILD) {
    throw_error("waitid", errno, "cannot reap");
  }
  return info.si_pid == 0 ? std::nullopt : std::optional(info);
}

void allow_more_open_files() {
  rlimit limit{};
  if (retry([&] { return ::getrlimit(RLIMIT_NOFILE, &limit); }) == -1) {
    throw_error("getrlimit", errno, "cannot read the limit of open files");
  }
  limit.rlim_cur = limit.rlim_max;
  if (retry([&] { return ::setrlimit(RLIMIT_NOFILE, &limit); }) == -1) {
    throw_error("setrlimit", errno, "cannot raise the limit of open files");
  }
}

bool read_memory(pid_t pid, std::uintptr_t address, void* buffer, std::size_t size) {
  const iovec local{buffer, size};
  const iovec remote{reinterpret_cast<void*>(address), size};  // NOLINT: an address in the other process
  return retry([&] { return ::process_vm_readv(pid, &local, 1, &remote, 1, 0); }) ==
         static_cast<ssize_t>(size);
}

SharedCounter::SharedCounter() {
  void* page = ::mmap(nullptr, sizeof *count_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {  // NOLINT: the kernel's own constant
    throw_error("mmap", errno, "cannot share memory");
  }
  count_ = new (page) std::atomic<int>(0);
}

SharedCounter::~SharedCounter() {
  ::munmap(count_, sizeof *count_);
}

}  // namespace pidns::sys
