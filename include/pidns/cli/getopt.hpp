#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace pidns {

/// A command line, divided by the rules of getopt_long(3), before any value has been looked at.
struct ParsedArgs {
  struct Given {
    std::size_t option;  ///< index into option_table()
    std::string value;   ///< empty: it takes none
  };
  std::vector<Given> options;        ///< in the order of the line
  std::vector<std::string> command;  ///< from the first word that is no option, or after `--`
};

/// Divides the words into options and command. Long names may be cut to any prefix that only one of them has.
/// @param words argv without its first word
/// @throws UsageError
ParsedArgs parse_args(std::span<const char* const> words);

}  // namespace pidns
