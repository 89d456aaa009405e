#include "pidns/launch/command_hints.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>

#include "pidns/process/exec.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/text.hpp"
#include "pidns/util/typography.hpp"

namespace pidns {

namespace {

/// What shells do by themselves, each word between blanks: those of POSIX, and those of bash.
constexpr std::string_view posix_builtins =
    " ! : alias bg break case cd command continue eval exit export fc fg for getopts hash if jobs local read "
    "readonly return set shift times trap type ulimit umask unalias unset until wait while { ";
constexpr std::string_view bash_builtins =
    " [[ bind builtin declare disown enable function help history let mapfile popd pushd shopt source time "
    "typeset ";

/// What other tools have between their name and the command.
constexpr std::string_view subcommands = " create exec run spawn start ";

bool is_one_of(std::string_view word, std::string_view words) {
  return words.find(fmt::format(" {} ", word)) != std::string_view::npos;
}

/// In single quotes, as a shell reads it.
std::string quoted(const std::string& line) {
  std::string text = "'";
  for (const char c : line) {
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return text + "'";
}

/// A line for a shell. The hint leaves a long one out, as the reader has just typed it.
std::string shell_line(std::string_view shell, const std::string& line) {
  constexpr std::size_t longest = 60;
  return fmt::format("{} -c {}", shell, line.size() <= longest ? quoted(line) : "'...'");
}

std::string join(std::span<const std::string> words) {
  return fmt::format("{}", fmt::join(words, " "));
}

/// `NAME=VALUE`, as a shell sets a variable.
bool is_assignment(std::string_view word) {
  const std::string_view name = word.substr(0, std::min(word.find('='), word.size()));
  return name.size() < word.size() && !name.empty() &&
         std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

std::string hint_for_typography(const std::string& word) {
  if (starts_with_typographic_dash(word)) {
    const std::string_view name = trim_dashes(word);
    return fmt::format("{} begins with a dash: type {}{}", word, name.size() == 1 ? "-" : "--", name);
  }
  if (const std::string_view quote = first_typographic_quote(word); !quote.empty()) {
    return fmt::format("{} is not a quotation mark of the shell: type \" or '", quote);
  }
  const std::string_view space = first_space(word);
  return space.empty() || space == " "
             ? ""
             : fmt::format("{} has a character in it that only looks like a blank", word);
}

/// `--mount-proc /mnt ls`: the option before COMMAND takes a value only with `=`.
std::string hint_for_lacking_equals(const FailedCommand& failed) {
  const auto& [option, value, unused] = failed.place;
  const std::string& word = failed.words.front();
  if (option.empty()) {
    return {};
  }
  const bool before_command = failed.words.size() > 1 && failed.is_program(failed.words[1]);
  const bool is_path = word.find('/') != std::string::npos;
  const bool fits = value == "SIGNAL" ? parse_signal(word).has_value()
                    : value == "DIR"  ? failed.kind == FileKind::directory
                                      : failed.kind == FileKind::empty_file ||
                                           (failed.kind == FileKind::none && is_path && before_command);
  if (fits) {
    return fmt::format("the value of --{0} needs an =: --{0}={1}", option, word);
  }
  return before_command && !is_path
             ? fmt::format("--{0} takes a value only as --{0}={1}: here {2} is COMMAND", option, value, word)
             : "";
}

/// `"ls -l"`, `'a; b'`: one word that a shell would have read as several.
std::string hint_for_line(const FailedCommand& failed) {
  const std::string& line = failed.words.front();
  std::string_view rest = line;
  const std::string first(consume_until(rest, ' '));
  const bool is_shell = line.find_first_of(";|&<>$`*?\n") != std::string::npos ||
                        is_one_of(first, posix_builtins) || is_assignment(first);
  if (is_shell && (failed.words.size() == 1 || !rest.empty())) {
    return fmt::format("only a shell reads such a line: {}", shell_line("sh", line));
  }
  return !rest.empty() && failed.is_program(first)
             ? fmt::format("the quotes make it one word: leave them out, or type {}", shell_line("sh", line))
             : "";
}

/// `cd /tmp`: what only a shell does.
std::string hint_for_builtin(const std::vector<std::string>& words) {
  const std::string& word = words.front();
  const bool in_bash = is_one_of(word, bash_builtins);
  if (!in_bash && !is_one_of(word, posix_builtins)) {
    return {};
  }
  const std::string way = word == "cd" && words.size() == 2 ? fmt::format("--wd={}, or ", words[1]) : "";
  return fmt::format("{} is part of the shell: {}{}", word, way,
                     shell_line(in_bash ? "bash" : "sh", join(words)));
}

FileKind kind_of(const std::filesystem::path& file) {
  std::error_code missing;
  if (!sys::exists(AT_FDCWD, file.c_str())) {
    return FileKind::none;
  }
  if (std::filesystem::is_directory(file, missing)) {
    return FileKind::directory;
  }
  return std::filesystem::is_empty(file, missing) && !missing ? FileKind::empty_file : FileKind::other;
}

}  // namespace

std::string hint_for_command(const FailedCommand& failed) {
  const std::vector<std::string>& words = failed.words;
  const std::string& word = words.front();
  if (std::string hint = hint_for_lacking_equals(failed); !hint.empty()) {
    return hint;
  }
  if (failed.status != status_not_found) {
    return word == "." ? fmt::format(". is part of the shell: {}", shell_line("sh", join(words))) : "";
  }
  if (word.size() > 1 && word.front() == '-') {
    return "what follows -- is COMMAND: options stand before it";
  }
  if (std::string hint = hint_for_typography(word); !hint.empty()) {
    return hint;
  }
  if (!word.empty() &&
      word.find_first_not_of("0123456789") == std::string::npos) {  // `--join $(pgrep sh) ls`
    return fmt::format("{} is a number: --join takes one PID, before COMMAND", word);
  }
  if (word.find(' ') == std::string::npos && is_assignment(word)) {
    return fmt::format("variables are set by env: env {}", join(words));
  }
  if (failed.place.is_option_name) {
    return fmt::format("did you mean --{}?", word);
  }
  if (is_one_of(word, subcommands)) {
    return fmt::format("pidns has no subcommands: leave out {}", word);
  }
  if (std::string hint = hint_for_builtin(words); !hint.empty()) {
    return hint;
  }
  return word.find('/') == std::string::npos || word.find(' ') != std::string::npos ? hint_for_line(failed)
                                                                                    : "";
}

Failure diagnose_command(const Failure& failure, const Options& options) {
  if (failure.status == status_not_found &&
      !failure.hint.empty()) {  // it is there, and its interpreter is not
    return failure;
  }
  const std::string hint = hint_for_command({.words = options.command,
                                             .place = options.place,
                                             .status = failure.status,
                                             .kind = kind_of(options.command.front()),
                                             .is_program = is_in_path});
  return {failure.status, failure.what(), hint.empty() ? failure.hint : hint};
}

}  // namespace pidns
