#include "pidns/util/signal_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

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

std::string signal_name(int signal) {
  if (const char* name = ::sigabbrev_np(signal)) {
    return fmt::format("SIG{}", name);
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
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    const char* candidate = ::sigabbrev_np(signal);
    if (candidate != nullptr && name == candidate) {
      return signal;
    }
  }
  return std::nullopt;
}

}  // namespace pidns
