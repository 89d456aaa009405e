#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pidns {

/// The headings of the help, in its order.
enum class Group { steps, signals, namespaces, user, mounts, environment, inspect, general };

/// What an option takes.
enum class Takes {
  nothing,
  value,            ///< `--wd=DIR`, `--wd DIR`, `-w DIR`, `-wDIR`
  optional_equals,  ///< `--mount-proc`, `--mount-proc=DIR`: the next word is never taken, as in unshare(1)
  optional_next,    ///< `--list`, `--list=PID`, `--list PID`
};

/// One option: what the command line, the help, the manual page and the completions must agree on.
struct OptionSpec {
  std::string_view name;  ///< the long one, without minus signs
  char letter;            ///< the short one; 0: none
  Group group;
  std::string_view description;
  Takes takes = Takes::nothing;
  std::string_view value_name = {};     ///< `DIR`
  std::string_view default_value = {};  ///< what it stands for without the optional value
  std::string_view choices = {};        ///< the values there are, if they can be listed: `slave shared`
};

/// All options in the order of the help. Defined in src/cli.cpp.
std::span<const OptionSpec> option_table();

/// What --help prints.
std::string help_text();

}  // namespace pidns
