#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "pidns/util/options.hpp"

namespace pidns {

/// The headings of the help, in its order.
enum class Group { modes, steps, general, signals, namespaces, mounts, environment, user };

/// What an option takes.
enum class Takes {
  nothing,
  value,            ///< `--wd=DIR`, `--wd DIR`, `-w DIR`, `-wDIR`
  optional_equals,  ///< `--mount-proc`, `--mount-proc=DIR`: the next word is never taken, as in unshare(1)
  optional_next,    ///< `--list`, `--list=WHAT`, `--list WHAT`
};

/// What an option takes, and how help and completions call it.
struct Value {
  Takes takes = Takes::nothing;
  std::string_view name = {};           ///< `DIR`
  std::string_view default_value = {};  ///< what it stands for without the optional value
  std::string_view choices = {};        ///< those of its values that can be listed: `slave shared`
};

/// What the options say. The last that sets a member counts, and lists grow.
struct Settings {
  Options options;
  ListRequest list;
  CheckRequest check;
  std::string completion;  ///< --completion: the shell
};

/// One option: what the command line, the help, the manual page and the completions must agree on.
struct OptionSpec {
  std::string_view name;  ///< the long one, without minus signs
  char letter;            ///< the short one; 0: none
  Group group;
  Value value;
  std::string_view description;
  /// Reads one value into its member; nullptr: that the option is given says it all.
  /// @throws UsageError that says what is wrong with the value, without the option's name
  void (*read)(Settings& settings, const std::string& value) = nullptr;
};

/// All options in the order of the help.
std::span<const OptionSpec> option_table();

/// What --help prints: all options.
std::string help_text();
/// What -h prints: the options that most people need.
std::string short_help_text();
/// A help whose headings are bold, for a terminal.
std::string with_bold_headings(std::string_view help);

}  // namespace pidns
