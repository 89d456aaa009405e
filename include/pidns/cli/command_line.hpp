#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <variant>

#include "pidns/util/options.hpp"

namespace pidns {

/// A command line that cannot be right; what() is `WHAT: REASON`, one line.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Text to print on stdout instead of running anything: --help, --version.
struct Printout {
  std::string text;
};

/// Reads the command line: `[OPTION]... [--] [COMMAND [ARG]...]`.
/// @param arguments argv without its first word
/// @throws UsageError
std::variant<Options, ListRequest, Printout> parse(std::span<const char* const> arguments);

}  // namespace pidns
