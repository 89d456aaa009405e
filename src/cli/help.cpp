#include <fmt/format.h>

#include <optional>

#include "pidns/cli/option_table.hpp"

namespace pidns {

namespace {

constexpr std::size_t width = 80;
constexpr std::size_t indent = 30;  // of the descriptions

std::string_view heading(Group group) {
  switch (group) {
    case Group::steps:
      return "Basic steps (name some to get exactly those, none to get them all)";
    case Group::signals:
      return "Signals and termination";
    case Group::namespaces:
      return "Further namespaces";
    case Group::user:
      return "User namespace";
    case Group::mounts:
      return "Mounts and directories";
    case Group::environment:
      return "Environment";
    case Group::inspect:
      return "Inspect and join";
    case Group::general:
      break;
  }
  return "General";
}

std::string value_text(const OptionSpec& option) {
  switch (option.value.takes) {
    case Takes::nothing:
      return {};
    case Takes::value:
      return fmt::format("={}", option.value.name);
    default:
      return fmt::format("[={}]", option.value.name);
  }
}

/// Breaks a description into lines that fit beside the names.
std::string wrap(std::string_view text) {
  std::string wrapped;
  while (text.size() > width - indent) {
    const std::size_t space = text.rfind(' ', width - indent);
    wrapped += fmt::format("{}\n{:{}}", text.substr(0, space), "", indent);
    text.remove_prefix(space + 1);
  }
  return wrapped.append(text);
}

std::string describe(const OptionSpec& option) {
  const std::string letter = option.letter == '\0' ? "   " : fmt::format("-{},", option.letter);
  const std::string names = fmt::format("  {} --{}{}", letter, option.name, value_text(option));
  const std::string description = wrap(option.description);
  return names.size() < indent ? fmt::format("{:{}}{}\n", names, indent, description)
                               : fmt::format("{}\n{:{}}{}\n", names, "", indent, description);
}

}  // namespace

std::string help_text() {
  std::string text =
      "Usage: pidns [OPTION]... [--] [COMMAND [ARG]...]\n"
      "Run COMMAND in a new PID namespace, with a /proc of its own: as PID 1 with\n"
      "--fork or --mount-proc, or else below a PID 1 that reaps and passes signals on.\n"
      "Without COMMAND, run $SHELL or the user's login shell.\n";
  std::optional<Group> group;
  for (const OptionSpec& option : option_table()) {
    if (option.group != group) {
      group = option.group;
      text += fmt::format("\n{}:\n", heading(option.group));
    }
    text += describe(option);
  }
  return text +
         "\nExit status: that of COMMAND; 125 if pidns itself fails, 126 if COMMAND cannot\n"
         "be executed, 127 if it is not found. If a signal kills COMMAND, it kills pidns.\n"
         "\nExamples:\n"
         "  pidns --fork --mount-proc /bin/bash     a shell that is PID 1\n"
         "  timeout 60 pidns -- make check          leave no process behind after a minute\n"
         "  pidns --fork bash                       PID 1, but /proc is still the host's\n";
}

}  // namespace pidns
