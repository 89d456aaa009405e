#include "pidns/signal/dispositions.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// The set that a thread inside sigtimedwait(2) waits for.
/// @param text of its syscall file
/// @return nothing when it waits and its memory cannot be read
std::optional<SignalSet> awaited_by(pid_t pid, std::string_view text) {
  const auto address = awaited_set_address(text);
  std::uint64_t bits = 0;
  return !address || sys::read_memory(pid, *address, &bits, sizeof bits) ? std::optional(SignalSet(bits))
                                                                         : std::nullopt;
}

/// Whether a thread slept, or was stopped, all the time from one look to another. One that runs enters and
/// leaves system calls, so what the files say of it are facts of different moments. A thread in state D may
/// be waiting for its vfork(2) child to call execve(2), and soon runs again.
bool slept_between(const ProcStatus& before, const ProcStatus& after) {
  return before.state != 'R' && before.state != 'D' && after.state == before.state &&
         after.switches == before.switches;
}

std::vector<std::string> tasks_of(const UniqueFd& proc, pid_t pid) {
  const std::string directory = fmt::format("{}/task", pid);
  std::vector<std::string> tasks;
  try {
    for (const std::string& thread : sys::list_directory(proc.get(), directory.c_str())) {
      tasks.push_back(fmt::format("{}/{}", directory, thread));
    }
  } catch (const sys::Error& error) {
    if (!sys::is_gone(error)) {
      throw;
    }
  }
  return tasks;
}

std::vector<std::string> descriptors_of(const UniqueFd& proc, const std::string& directory) {
  return sys::or_default_on_error([&] { return sys::list_directory(proc.get(), directory.c_str()); });
}

}  // namespace

bool is_sigtimedwait(long call) {
  constexpr std::array calls{
      long{SYS_rt_sigtimedwait}, 421L,  // rt_sigtimedwait_time64, which only programs of 32 bits call
#ifdef __x86_64__
      177L,  // of i386: arch/x86/entry/syscalls/syscall_32.tbl; x86-64 itself does not use this number
#endif
  };
  return std::find(calls.begin(), calls.end(), call) != calls.end();
}

std::optional<std::uintptr_t> awaited_set_address(std::string_view text) {
  const auto number = leading_number<long>(consume_until(text, ' '), 10);
  if (!is_sigtimedwait(number) || !text.starts_with("0x")) {
    return std::nullopt;
  }
  return leading_number<std::uintptr_t>(text.substr(2), 16);
}

Dispositions dispositions_of(const ProcStatus& status) {
  return {.caught = status.caught,
          .ignored = status.ignored,
          .blocked = status.blocked,
          .pending = status.pending,
          .unstable = ~status.blocked,
          .ended = status.state == 'Z'};
}

std::optional<Dispositions> read_dispositions(const UniqueFd& proc, ProcessIds process) {
  std::optional<Dispositions> found;
  SignalSet blocked_at_end = SignalSet::all();
  // A signal sent to a process goes to any thread that does not block it: signal(7).
  for (const std::string& task : tasks_of(proc, process.proc_pid)) {
    const auto text = read_unless_gone(proc, task + "/status");
    if (!text) {
      continue;
    }
    const ProcStatus status = parse_status(*text);
    if (!found) {
      found = Dispositions{.blocked = SignalSet::all(), .ended = true};
    }
    found->caught = found->caught | status.caught;
    found->ignored = found->ignored | status.ignored;
    found->pending = found->pending | status.pending;
    if (status.state == 'Z') {  // a thread that has ended takes none
      blocked_at_end = blocked_at_end & status.blocked;
      continue;
    }
    found->ended = false;
    // The kernel takes the signals a thread waits for out of its mask while it waits, so its status alone
    // shows them as if they would kill it: do_sigtimedwait() in kernel/signal.c.
    // The text is empty if we may not trace the process: ptrace(2), "Ptrace access mode checking".
    const std::string call = sys::try_read_file(proc.get(), task + "/syscall");
    const std::optional<SignalSet> known = awaited_by(process.pid, call);
    const SignalSet awaited = known.value_or(SignalSet());
    found->awaited = found->awaited | awaited;
    found->blocked = found->blocked & (status.blocked | awaited);
    const ProcStatus after = parse_status(read_unless_gone(proc, task + "/status").value_or(*text));
    const bool slept = slept_between(status, after);
    found->moving = found->moving || !slept;
    if (call.empty() || !known || !slept) {
      found->unstable = found->unstable | ~status.blocked | ~after.blocked;
    }
  }
  if (found && found->ended) {
    found->blocked = blocked_at_end;
  }
  if (found) {  // unless every other thread blocks it, it need not go to the thread that waits for it
    found->awaited = found->awaited & found->blocked;
  }
  return found;
}

bool keeps(const UniqueFd& proc, ProcessIds process, int signal, Dispositions found) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  while (found.moving && std::chrono::steady_clock::now() < end) {
    sys::wait_readable({}, 1);
    const auto next = sys::or_default_on_error([&] { return read_dispositions(proc, process); });
    if (!next) {
      break;
    }
    found = *next;
  }
  return may_be_kept(signal, found);
}

SignalSet signalfd_set(std::string_view text) {
  return SignalSet(leading_number<std::uint64_t>(value_of(text, "sigmask"), 16));
}

bool has_signalfd(const UniqueFd& proc, pid_t pid, int signal) {
  const std::string directory = fmt::format("{}/fdinfo", pid);
  const auto files = descriptors_of(proc, directory);
  return std::any_of(files.begin(), files.end(), [&](const std::string& file) {
    return signalfd_set(sys::try_read_file(proc.get(), fmt::format("{}/{}", directory, file)))
        .contains(signal);
  });
}

}  // namespace pidns
