#include "pidns/signal/sender.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"

namespace pidns {

namespace {

// Where a look at /proc fails, as without descriptors left, it shows nothing: the command continues.

/// @return 0 when /proc is that of another PID namespace, where our numbers mean other processes
std::size_t read_own_levels(const UniqueFd& proc) {
  const ProcStatus own =
      sys::or_default_on_error([&] { return read_own_status(proc).value_or(ProcStatus{}); });
  return own.pid == ::getpid() ? own.pids.size() : 0;
}

}  // namespace

bool is_in_descendant_pidns(const UniqueFd& proc, pid_t pid) {
  const std::size_t own_levels = read_own_levels(proc);
  const auto status = try_read_status(proc, pid);
  return pid > 0 && own_levels > 0 && status && status->pids.size() > own_levels;
}

bool is_certainly_inside(const UniqueFd& proc, pid_t sender) {
  // 0: the kernel, or a process of a namespace above ours.
  if (sender <= 0 || read_own_levels(proc) == 0) {
    return false;
  }
  const auto stat =
      sys::or_default_on_error([&] { return read_unless_gone(proc, fmt::format("{}/stat", sender)); });
  return stat && is_kernel_thread(*stat);
}

}  // namespace pidns
