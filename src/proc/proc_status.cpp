#include "pidns/proc/proc_status.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

template <typename Number>
std::vector<Number> numbers(std::string_view text) {
  std::vector<Number> found;
  for (text = trim_front(text); !text.empty(); text = trim_front(text)) {
    found.push_back(leading_number<Number>(text));
    text.remove_prefix(std::min(text.find_first_of(" \t"), text.size()));
  }
  return found;
}

/// Of the real, effective, saved and filesystem ids.
unsigned effective_id(std::string_view ids) {
  const auto found = numbers<unsigned>(ids);
  return found.size() > 1 ? found[1] : 0;
}

/// The kernel writes a line end in a name as `\n` and a backslash as `\\`.
std::string unescape(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const bool escaped = text.front() == '\\' && text.size() > 1;
    name += !escaped ? text[0] : text[1] == 'n' ? '\n' : text[1];
    text.remove_prefix(escaped ? 2 : 1);
  }
  return name;
}

SignalSet signal_set(std::string_view hexadecimal) {
  return SignalSet(leading_number<std::uint64_t>(hexadecimal, 16));
}

/// PF_* in include/linux/sched.h.
unsigned flags_in(std::string_view stat) {
  constexpr int fields_before = 7;  // up to the end of the name, which may contain blanks
  stat.remove_prefix(std::min(stat.rfind(')'), stat.size()));
  for (int field = 0; field < fields_before; ++field) {
    consume_until(stat, ' ');
  }
  return leading_number<unsigned>(stat);
}

}  // namespace

ProcStatus parse_status(std::string_view text, StatusLines lines) {
  ProcStatus status;
  while (!text.empty()) {
    std::string_view line = consume_until(text, '\n');
    const std::string_view key = consume_until(line, ':');
    const std::string_view value = trim_front(line);
    if (key == "State" && !value.empty()) {
      status.state = value.front();
    } else if (key == "Threads") {
      status.threads = leading_number<int>(value);
    } else if (key == "Pid") {
      status.pid = leading_number<pid_t>(value);
    } else if (key == "NSpid") {
      status.pids = numbers<pid_t>(value);
      if (lines == StatusLines::up_to_pids) {
        break;
      }
    } else if (key == "Name") {
      // Exactly one tab comes before it, and blanks of its own may follow.
      status.name = unescape(line.substr(std::min<std::size_t>(line.size(), 1)));
    } else if (key == "PPid") {
      status.parent = leading_number<pid_t>(value);
    } else if (key == "Uid") {
      status.user = effective_id(value);
    } else if (key == "Gid") {
      status.group = effective_id(value);
    } else if (key == "CapPrm") {
      status.capabilities = leading_number<std::uint64_t>(value, 16);
    } else if (key == "Seccomp") {
      status.seccomp_mode = leading_number<int>(value);
    } else if (key == "ShdPnd") {
      status.pending = signal_set(value);
    } else if (key == "SigBlk") {
      status.blocked = signal_set(value);
    } else if (key == "SigIgn") {
      status.ignored = signal_set(value);
    } else if (key == "SigCgt") {
      status.caught = signal_set(value);
    } else if (key == "voluntary_ctxt_switches" || key == "nonvoluntary_ctxt_switches") {
      status.switches += leading_number<std::uint64_t>(value);
    }
  }
  return status;
}

bool is_kernel_thread(std::string_view stat) {
  constexpr unsigned kernel_thread = 0x00200000;  // PF_KTHREAD
  return (flags_in(stat) & kernel_thread) != 0;
}

bool has_ended_before_exec(std::string_view stat) {
  constexpr unsigned ended = 0x00000044;  // PF_EXITING and PF_FORKNOEXEC
  return (flags_in(stat) & ended) == ended;
}

ProcStatus read_status_at(int directory, const char* file, StatusLines lines) {
  return parse_status(sys::read_piece(directory, file), lines);
}

std::optional<std::string> read_unless_gone(const UniqueFd& proc, const std::string& path) {
  try {
    return sys::read_piece(proc.get(), path.c_str());
  } catch (const sys::Error& error) {
    if (!sys::is_gone(error)) {
      throw;
    }
    return std::nullopt;
  }
}

namespace {

std::optional<ProcStatus> read_status_file(const UniqueFd& proc, const std::string& path) {
  const auto text = read_unless_gone(proc, path);
  return text ? std::optional(parse_status(*text)) : std::nullopt;
}

}  // namespace

std::optional<ProcStatus> read_status(const UniqueFd& proc, pid_t pid) {
  return read_status_file(proc, fmt::format("{}/status", pid));
}

std::optional<ProcStatus> try_read_status(const UniqueFd& proc, pid_t pid) {
  return sys::or_default_on_error([&] { return read_status(proc, pid); });
}

std::optional<ProcStatus> read_own_status(const UniqueFd& proc) {
  return read_status_file(proc, "self/status");
}

UniqueFd open_status(const UniqueFd& proc, pid_t pid) {
  return sys::or_default_on_error(
      [&] { return sys::open_file(proc.get(), fmt::format("{}/status", pid).c_str(), O_RDONLY); });
}

std::optional<ProcStatus> read_status_again(const UniqueFd& status_file) {
  if (!status_file.valid()) {
    return std::nullopt;
  }
  const std::string text = sys::read_again(status_file);
  return text.empty() ? std::nullopt : std::optional(parse_status(text));
}

std::optional<pid_t> read_oldest_child(const UniqueFd& proc, pid_t pid) {
  const std::string task = fmt::format("{0}/task/{0}", pid);
  const auto children = read_unless_gone(proc, task + "/children");
  if (!children && sys::exists(proc.get(), task.c_str())) {
    return std::nullopt;
  }
  return leading_number<pid_t>(children.value_or(""));
}

}  // namespace pidns
