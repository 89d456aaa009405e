#include "pidns/util/signal_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "pidns/util/text.hpp"

namespace pidns {

DefaultAction default_action(int signal) {
  switch (signal) {
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return DefaultAction::stop;
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
      return DefaultAction::ignore;
    default:
      return DefaultAction::terminate;
  }
}

SignalSet deadly(int signal) {
  return default_action(signal) == DefaultAction::terminate ? SignalSet::of(signal) : SignalSet();
}

namespace {

struct NamedSignal {
  int number;
  std::string_view name;
  std::string_view meaning;
};

/// The words of glibc, whose functions for them are of its version 2.32, and of no other C library.
constexpr std::array named_signals{
    NamedSignal{SIGHUP, "HUP", "Hangup"},
    NamedSignal{SIGINT, "INT", "Interrupt"},
    NamedSignal{SIGQUIT, "QUIT", "Quit"},
    NamedSignal{SIGILL, "ILL", "Illegal instruction"},
    NamedSignal{SIGTRAP, "TRAP", "Trace/breakpoint trap"},
    NamedSignal{SIGABRT, "ABRT", "Aborted"},
    NamedSignal{SIGBUS, "BUS", "Bus error"},
    NamedSignal{SIGFPE, "FPE", "Floating point exception"},
    NamedSignal{SIGKILL, "KILL", "Killed"},
    NamedSignal{SIGUSR1, "USR1", "User defined signal 1"},
    NamedSignal{SIGSEGV, "SEGV", "Segmentation fault"},
    NamedSignal{SIGUSR2, "USR2", "User defined signal 2"},
    NamedSignal{SIGPIPE, "PIPE", "Broken pipe"},
    NamedSignal{SIGALRM, "ALRM", "Alarm clock"},
    NamedSignal{SIGTERM, "TERM", "Terminated"},
    NamedSignal{SIGSTKFLT, "STKFLT", "Stack fault"},
    NamedSignal{SIGCHLD, "CHLD", "Child exited"},
    NamedSignal{SIGCONT, "CONT", "Continued"},
    NamedSignal{SIGSTOP, "STOP", "Stopped (signal)"},
    NamedSignal{SIGTSTP, "TSTP", "Stopped"},
    NamedSignal{SIGTTIN, "TTIN", "Stopped (tty input)"},
    NamedSignal{SIGTTOU, "TTOU", "Stopped (tty output)"},
    NamedSignal{SIGURG, "URG", "Urgent I/O condition"},
    NamedSignal{SIGXCPU, "XCPU", "CPU time limit exceeded"},
    NamedSignal{SIGXFSZ, "XFSZ", "File size limit exceeded"},
    NamedSignal{SIGVTALRM, "VTALRM", "Virtual timer expired"},
    NamedSignal{SIGPROF, "PROF", "Profiling timer expired"},
    NamedSignal{SIGWINCH, "WINCH", "Window changed"},
    NamedSignal{SIGPOLL, "POLL", "I/O possible"},
    NamedSignal{SIGPWR, "PWR", "Power failure"},
    NamedSignal{SIGSYS, "SYS", "Bad system call"},
};

/// @return nullptr where there is none
const NamedSignal* named(int signal) {
  const auto* found = std::find_if(named_signals.begin(), named_signals.end(),
                                   [&](const NamedSignal& candidate) { return candidate.number == signal; });
  return found == named_signals.end() ? nullptr : found;
}

}  // namespace

std::string_view signal_meaning(int signal) {
  const NamedSignal* known = named(signal);
  return known == nullptr ? std::string_view() : known->meaning;
}

std::string signal_name(int signal) {
  if (const NamedSignal* known = named(signal)) {
    return fmt::format("SIG{}", known->name);
  }
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
    return fmt::format("SIGRTMIN+{}", signal - SIGRTMIN);
  }
  return fmt::format("{}", signal);
}

namespace {

/// Decimal digits, without a sign.
std::optional<int> parse_unsigned(std::string_view text) {
  return text.starts_with('-') ? std::nullopt : parse_number<int>(text);
}

std::optional<int> in_range(int signal) {
  return signal >= 1 && signal <= last_signal ? std::optional(signal) : std::nullopt;
}

/// `RTMIN+3` counted from its base; the number behind the sign may be missing altogether.
std::optional<int> parse_real_time(std::string_view offset, char sign, int base) {
  if (offset.empty()) {
    return base;
  }
  const auto number = parse_unsigned(offset.substr(1));
  if (offset.front() != sign || !number || *number > SIGRTMAX - SIGRTMIN) {
    return std::nullopt;
  }
  return sign == '+' ? base + *number : base - *number;
}

}  // namespace

std::optional<int> parse_signal(std::string_view text) {
  if (const auto number = parse_unsigned(text)) {
    return in_range(*number);
  }
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  if (name.starts_with("SIG")) {
    name.erase(0, 3);
  }
  if (name.starts_with("RTMIN")) {
    return parse_real_time(std::string_view(name).substr(5), '+', SIGRTMIN);
  }
  if (name.starts_with("RTMAX")) {
    return parse_real_time(std::string_view(name).substr(5), '-', SIGRTMAX);
  }
  const auto* found = std::find_if(named_signals.begin(), named_signals.end(),
                                   [&](const NamedSignal& candidate) { return candidate.name == name; });
  return found == named_signals.end() ? std::nullopt : std::optional(found->number);
}

}  // namespace pidns
