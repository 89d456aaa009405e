#include "pidns/signal/sender.hpp"

#include <unistd.h>

#include <algorithm>

#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

constexpr pid_t init = 1;

// Where a look at /proc fails, as without descriptors left, it shows nothing: the command continues.

ProcStatus status_of(const UniqueFd& proc, pid_t pid) {
  return sys::or_default_on_error([&] { return read_status(proc, pid).value_or(ProcStatus{}); });
}

/// @return 0 when /proc is that of another PID namespace, where our numbers mean other processes
std::size_t read_own_levels(const UniqueFd& proc) {
  const ProcStatus own =
      sys::or_default_on_error([&] { return read_own_status(proc).value_or(ProcStatus{}); });
  return own.pid == ::getpid() ? own.pids.size() : 0;
}

/// Whether the number is that of a process outside which can send signals. Not a kernel thread, which has no
/// memory; and init signals its own children.
bool may_be_outside(const UniqueFd& proc, pid_t sender, std::size_t own_levels) {
  if (sender == init) {
    return ::getppid() == init;
  }
  const ProcStatus status = status_of(proc, sender);
  return !status.pids.empty() && status.pids.size() <= own_levels &&
         (status.has_memory || status.state == 'Z');
}

}  // namespace

bool is_in_descendant_pidns(const UniqueFd& proc, pid_t pid) {
  const std::size_t own_levels = read_own_levels(proc);
  return pid > 0 && own_levels > 0 && status_of(proc, pid).pids.size() > own_levels;
}

bool sent_from_descendant_pidns(const UniqueFd& proc, pid_t sender) {
  const std::size_t own_levels = read_own_levels(proc);
  // 0: the kernel, or a process of a namespace above ours.
  if (sender <= 0 || own_levels == 0 || may_be_outside(proc, sender, own_levels)) {
    return false;
  }
  // The number is the sender's PID in its own namespace: the kernel does not translate it for a namespace
  // further up, prepare_kill_siginfo() in kernel/signal.c. So look for a member of our group that has this
  // number inside.
  const auto names = sys::or_default_on_error([&] { return sys::list_directory(proc.get(), "."); });
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto pid = leading_number<pid_t>(name);
    if (pid <= 0 || ::getpgid(pid) != ::getpgrp()) {
      return false;
    }
    const ProcStatus status = status_of(proc, pid);
    return status.pids.size() > own_levels && status.pids.back() == sender;
  });
}

}  // namespace pidns
