#include "pidns/proc/process_ids.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

pid_t proc_pid_of(const UniqueFd& proc, const UniqueFd& pidfd) {
  return pid_of_pidfd(read_unless_gone(proc, fmt::format("self/fdinfo/{}", pidfd.get())).value_or(""));
}

ProcessIds ids_of_child(const UniqueFd& proc, pid_t child) {
  const std::string self = sys::or_default_on_error([&] { return sys::read_link(proc.get(), "self"); });
  const bool same_numbers = self.empty() || self == fmt::format("{}", ::getpid());  // nearly always
  const pid_t proc_pid =
      same_numbers ? child
                   : sys::or_default_on_error([&] { return proc_pid_of(proc, sys::open_pidfd(child)); });
  return {.pid = child, .proc_pid = proc_pid};
}

pid_t pid_of_pidfd(std::string_view text) {
  return leading_number<pid_t>(value_of(text, "Pid"));
}

}  // namespace pidns
