#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/util/options.hpp"

namespace pidns {

/// A command line, divided by the conventions of getopt_long(3) that CLI11 lacks: unique prefixes of long
/// options, optional values only behind `=`, values that begin with a minus sign, an end at the first word
/// that is not an option. No value has been looked at.
struct ParsedArgs {
  struct Occurrence {
    std::size_t option;  ///< index into option_table()
    std::string value;   ///< empty: none
    bool is_letter = false;
  };
  std::vector<Occurrence> options;  ///< in the order of the line
  std::string_view doubtful;        ///< a word like `-list`, which is -l with a value; empty: none
  /// From the first word that is not an option, or after `--`. With --list, which has no COMMAND: all words
  /// that are not options.
  std::vector<std::string> command;
  CommandPlace place;  ///< of the command

  /// @param option a long name, without minus signs
  [[nodiscard]] bool has(std::string_view option) const;
};

/// @param arguments argv without its first word
/// @throws UsageError
ParsedArgs parse_args(std::span<const char* const> arguments);

}  // namespace pidns
