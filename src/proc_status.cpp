#include "pidns/proc_status.hpp"

#include "pidns/text.hpp"

namespace pidns {

namespace {

int count_words(std::string_view text) {
  int words = 0;
  for (text = trim_front(text); !text.empty(); text = trim_front(text)) {
    ++words;
    text.remove_prefix(std::min(text.find_first_of(" \t"), text.size()));
  }
  return words;
}

std::string_view last_word(std::string_view text) {
  return text.substr(text.find_last_of(" \t") + 1);
}

SignalSet signal_set(std::string_view hexadecimal) {
  return SignalSet(leading_number<std::uint64_t>(hexadecimal, 16));
}

}  // namespace

ProcStatus parse_status(std::string_view text) {
  ProcStatus status;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const std::string_view key = take_until(line, ':');
    const std::string_view value = trim_front(line);
    if (key == "State" && !value.empty()) {
      status.state = value.front();
    } else if (key == "Threads") {
      status.threads = leading_number<int>(value);
    } else if (key == "Pid") {
      status.pid = leading_number<pid_t>(value);
    } else if (key == "NSpid") {
      status.namespace_levels = count_words(value);
      status.innermost_pid = leading_number<pid_t>(last_word(value));
    } else if (key == "VmSize") {
      status.has_memory = true;
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
    }
  }
  return status;
}

}  // namespace pidns
