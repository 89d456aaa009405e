#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "pidns/cli/option_table.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

constexpr std::size_t width = 80;
constexpr std::size_t indent = 30;  // of the descriptions

/// The modes first, since most of the options are about one of them.
constexpr std::string_view usage =
    "Usage: pidns [OPTION]... [--] [COMMAND [ARG]...]\n"
    "       pidns --list [WHAT]... [--json | --dot | --watch[=SECONDS]]\n"
    "       pidns --join WHAT [OPTION]... [COMMAND [ARG]...]\n"
    "       pidns --check\n"
    "\n"
    "Run COMMAND in a new PID namespace, with a /proc of its own: as PID 1 with\n"
    "--fork or --mount-proc, or else below a PID 1 that reaps and passes signals on.\n"
    "Or show PID namespaces, run COMMAND in one, or test what this machine allows.\n";

constexpr std::string_view exit_status =
    "\nExit status:\n"
    "  that of COMMAND; 125 if pidns itself fails, 126 if COMMAND cannot be executed,\n"
    "  127 if it is not found. If a signal kills COMMAND, it kills pidns.\n";

constexpr std::string_view examples =
    "\nExamples:\n"
    "  pidns --fork --mount-proc /bin/bash     a shell that is PID 1\n"
    "  timeout 60 pidns -- make check          leave no process behind after a minute\n"
    "  pidns --fork bash                       PID 1, but /proc is still the host's\n";

constexpr std::array needed_by_most{
    std::string_view("list"),          std::string_view("join"),       std::string_view("check"),
    std::string_view("fork"),          std::string_view("mount-proc"), std::string_view("init"),
    std::string_view("map-root-user"), std::string_view("net"),        std::string_view("wd"),
    std::string_view("explain"),       std::string_view("verbose"),    std::string_view("version"),
};

std::string_view heading(Group group) {
  switch (group) {
    case Group::modes:
      return "Modes (without one of them, COMMAND runs in a new namespace)";
    case Group::steps:
      return "Basic steps (name some to get exactly those, none to get them all)";
    case Group::general:
      return "General";
    case Group::signals:
      return "Signals and termination";
    case Group::namespaces:
      return "Further namespaces (each with =FILE is bound to that file)";
    case Group::mounts:
      return "Mounts and directories";
    case Group::environment:
      return "Environment";
    case Group::user:
      break;
  }
  return "User namespace";
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
  std::string text = fmt::format("{}Without COMMAND, run $SHELL or the user's login shell.\n", usage);
  std::optional<Group> group;
  for (const OptionSpec& option : option_table()) {
    if (option.group != group) {
      group = option.group;
      text += fmt::format("\n{}:\n", heading(option.group));
    }
    text += describe(option);
  }
  return text.append(exit_status).append(examples);
}

std::string short_help_text() {
  std::string text =
      fmt::format("{}\nWhat most people need (--help lists all options, man pidns explains them):\n", usage);
  for (const OptionSpec& option : option_table()) {
    if (std::find(needed_by_most.begin(), needed_by_most.end(), option.name) != needed_by_most.end()) {
      text += describe(option);
    }
  }
  return text.append(examples);
}

std::string with_bold_headings(std::string_view help) {
  constexpr std::string_view usage_word = "Usage:";
  std::string text;
  while (!help.empty()) {
    const std::string_view line = consume_until(help, '\n');
    const std::size_t bold = line.starts_with(usage_word)                    ? usage_word.size()
                             : !line.starts_with(' ') && line.ends_with(':') ? line.size()
                                                                             : 0;
    text += bold == 0 ? fmt::format("{}\n", line)
                      : fmt::format("\x1b[1m{}\x1b[0m{}\n", line.substr(0, bold), line.substr(bold));
  }
  return text;
}

}  // namespace pidns
