#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "pidns/util/options.hpp"

namespace pidns {

/// A command line that cannot be right; what() is `WHAT: REASON`, one line.
struct UsageError : std::runtime_error {
  explicit UsageError(const std::string& message, std::string advice = {})
      : std::runtime_error(message), hint(std::move(advice)) {}

  std::string hint;  ///< what to type instead, where the message does not say it; or empty
};

/// Text to print on stdout instead of running anything: --help, --version.
struct Printout {
  std::string text;
  bool is_help = false;  ///< whose headings may be bold
};

/// Reads the command line: `[OPTION]... [--] [COMMAND [ARG]...]`.
/// @param arguments argv without its first word
/// @throws UsageError
std::variant<Options, ListRequest, CheckRequest, Printout> parse(std::span<const char* const> arguments);

}  // namespace pidns
