#include "pidns/dispositions.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <cerrno>

#include "pidns/sys.hpp"
#include "pidns/text.hpp"

namespace pidns {

namespace {

bool is_gone(const sys::Error& error) {
  return error.error() == ENOENT || error.error() == ESRCH;
}

/// @return nothing when the process or thread is gone
std::optional<std::string> read_text(const UniqueFd& proc, const std::string& path) {
  try {
    return sys::read_file(proc.get(), path.c_str());
  } catch (const sys::Error& error) {
    if (!is_gone(error)) {
      throw;
    }
    return std::nullopt;
  }
}

/// Which system call a thread is in; empty when it is gone or we may not know.
std::string read_system_call(const UniqueFd& proc, const std::string& task) {
  try {
    return sys::read_file(proc.get(), (task + "/syscall").c_str());
  } catch (const sys::Error&) {
    return {};
  }
}

/// The kernel takes the signals a thread waits for out of its mask while it waits, so its status alone shows
/// them as if they would kill it: do_sigtimedwait() in kernel/signal.c.
SignalSet awaited_by(const UniqueFd& proc, pid_t pid, const std::string& task) {
  const auto address = awaited_set_address(read_system_call(proc, task));
  std::uint64_t bits = 0;
  if (!address || !sys::read_memory(pid, *address, &bits, sizeof bits)) {
    return {};
  }
  return SignalSet(bits);
}

std::vector<std::string> tasks_of(const UniqueFd& proc, pid_t pid) {
  const std::string directory = fmt::format("{}/task", pid);
  std::vector<std::string> tasks;
  try {
    for (const std::string& thread : sys::list_directory(proc.get(), directory.c_str())) {
      tasks.push_back(fmt::format("{}/{}", directory, thread));
    }
  } catch (const sys::Error& error) {
    if (!is_gone(error)) {
      throw;
    }
  }
  return tasks;
}

}  // namespace

std::optional<ProcStatus> read_status(const UniqueFd& proc, pid_t pid) {
  const auto text = read_text(proc, fmt::format("{}/status", pid));
  return text ? std::optional(parse_status(*text)) : std::nullopt;
}

std::optional<std::uintptr_t> awaited_set_address(std::string_view text) {
  const std::string_view number = take_until(text, ' ');
  if (number.empty() || leading_number<long>(number, 10) != SYS_rt_sigtimedwait || !text.starts_with("0x")) {
    return std::nullopt;
  }
  return leading_number<std::uintptr_t>(text.substr(2), 16);
}

std::optional<Dispositions> read_dispositions(const UniqueFd& proc, pid_t pid) {
  const auto process = read_status(proc, pid);
  if (!process) {
    return std::nullopt;
  }
  Dispositions found{.caught = process->caught, .ignored = process->ignored, .blocked = SignalSet::all()};
  // A signal sent to a process goes to any thread that does not block it: signal(7).
  for (const std::string& task : tasks_of(proc, pid)) {
    if (const auto text = read_text(proc, task + "/status")) {
      found.blocked = found.blocked & parse_status(*text).blocked;
      found.awaited = found.awaited | awaited_by(proc, pid, task);
    }
  }
  return found;
}

}  // namespace pidns
