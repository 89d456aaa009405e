#include "pidns/cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

#include "completion_templates.hpp"  // made by CMake of the files in src/cli/completion
#include "pidns/cli/option_table.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

namespace {

/// What completes the values with one name in each shell.
struct Action {
  std::string_view value;
  std::string_view bash;
  std::string_view zsh;
  std::string_view fish;
};

// The functions named _pidns_ and __fish_pidns_ are those of the templates.
constexpr std::array actions{
    Action{"DIR", "_filedir -d", "_directories", "(__fish_complete_directories)"},
    Action{"FILE", "_filedir", "_files", ""},  // fish completes files by itself
    Action{"GID", R"(COMPREPLY=($(compgen -g -- "$cur")))", "_groups", "(__fish_complete_groups)"},
    Action{"LIST", "_pidns_variables", R"(_sequence _parameters -g "*export*")", "(__fish_pidns_variables)"},
    Action{"WHAT", "_pidns_processes", "_pidns_processes", "(__fish_pidns_processes)"},
    Action{"SIGNAL", "_pidns_signals", "_pidns_signals", "(__fish_pidns_signals)"},
    Action{"UID", R"(COMPREPLY=($(compgen -u -- "$cur")))", "_users", "(__fish_complete_users)"},
};

/// @return one without any commands if nothing is known of such values
Action action_of(const OptionSpec& option) {
  const auto* const action = std::find_if(actions.begin(), actions.end(),
                                          [&](const Action& a) { return a.value == option.value.name; });
  return action == actions.end() ? Action{} : *action;
}

/// In single quotes. bash and zsh read any text so; fish reads one without a backslash.
std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string_view("'\\''") : std::string_view(&c, 1);
  }
  return result + "'";
}

/// In single quotes, in which fish takes a backslash as an escape.
std::string fish_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' || c == '\\' ? "\\" : "";
    result += c;
  }
  return result + "'";
}

/// `HUP 'Hangup' INT 'Interrupt' ...`, which all three shells read alike.
std::string signals_with_descriptions() {
  std::vector<std::string> words;
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    if (const std::string_view meaning = signal_meaning(signal); !meaning.empty()) {
      words.push_back(fmt::format("{} {}", signal_name(signal).substr(3), single_quoted(meaning)));
    }
  }
  return fmt::format("{}", fmt::join(words, " "));
}

/// One text for each option that has one, joined.
std::string for_each(std::string_view separator, const std::function<std::string(const OptionSpec&)>& text) {
  std::vector<std::string> texts;
  for (const OptionSpec& option : option_table()) {
    if (std::string one = text(option); !one.empty()) {
      texts.push_back(std::move(one));
    }
  }
  return fmt::format("{}", fmt::join(texts, separator));
}

std::string letters(bool with_value) {
  return for_each("", [&](const OptionSpec& option) {
    return option.letter != '\0' && (option.value.takes == Takes::value) == with_value
               ? std::string(1, option.letter)
               : std::string();
  });
}

/// The long options whose value may be the next word.
std::string options_with_value(std::string_view separator) {
  return for_each(separator, [](const OptionSpec& option) {
    const bool separate = option.value.takes == Takes::value || option.value.takes == Takes::optional_next;
    return separate ? fmt::format("--{}", option.name) : "";
  });
}

/// A template with its placeholders replaced.
std::string fill(std::string_view text,
                 std::initializer_list<std::pair<std::string_view, std::string>> replacements) {
  std::string filled(text);
  for (const auto& [placeholder, replacement] : replacements) {
    for (auto at = filled.find(placeholder); at != std::string::npos;
         at = filled.find(placeholder, at + replacement.size())) {
      filled.replace(at, placeholder.size(), replacement);
    }
  }
  return filled;
}

std::string bash_action(const OptionSpec& option) {
  if (const std::string_view choices = option.value.choices; !choices.empty()) {
    return fmt::format("COMPREPLY=($(compgen -W {} -- \"$cur\"))", single_quoted(choices));
  }
  return std::string(action_of(option).bash);
}

std::string bash_case(const OptionSpec& option) {
  const std::string action = bash_action(option);
  if (action.empty()) {
    return {};
  }
  const bool has_letter = option.letter != '\0' && option.value.takes == Takes::value;
  const std::string letter = has_letter ? fmt::format("|-*([{}]){}", letters(false), option.letter) : "";
  return fmt::format("--{}{}) {} ;;", option.name, letter, action);
}

std::string bash_names(const OptionSpec& option) {
  switch (option.value.takes) {
    case Takes::value:
      return fmt::format("--{}=", option.name);
    case Takes::optional_equals:
      return fmt::format("--{0} --{0}=", option.name);
    default:
      return fmt::format("--{}", option.name);
  }
}

std::string bash_script() {
  return fill(bash_template, {{"# @ACTIONS@", for_each("\n      ", bash_case)},
                              {"@PROCESSES_AWK@", single_quoted(awk_template)},
                              {"@SIGNALS@", signals_with_descriptions()},
                              {"@OPTIONS_WITH_VALUE@", options_with_value("|")},
                              {"@OPTIONS@", for_each(" ", bash_names)},
                              {"@LETTERS_WITHOUT_VALUE@", letters(false)},
                              {"@LETTERS_WITH_VALUE@", letters(true)}});
}

std::string zsh_action(const OptionSpec& option) {
  if (const std::string_view choices = option.value.choices; !choices.empty()) {
    return fmt::format("({})", choices);
  }
  const std::string_view action = action_of(option).zsh;
  return std::string(action.empty() ? " " : action);
}

std::string zsh_option(const OptionSpec& option) {
  const Takes takes = option.value.takes;
  std::string name = fmt::format("--{}", option.name);
  std::string value;
  if (takes != Takes::nothing) {
    name += takes == Takes::optional_equals ? "=-" : "=";  // `=-`: only in the same word
    value = fmt::format(":{}{}:{}", takes == Takes::value ? "" : ":", option.value.name, zsh_action(option));
  }
  const std::string text = single_quoted(fmt::format("[{}]{}", option.description, value));
  if (option.letter == '\0') {
    return fmt::format("{}{}", name, text);
  }
  const std::string letter = fmt::format("-{}{}", option.letter, takes == Takes::value ? "+" : "");
  return fmt::format("{{{},{}}}{}", letter, name, text);
}

std::string zsh_script() {
  return fill(zsh_template, {{"@OPTIONS@", for_each(" \\\n  ", zsh_option)},
                             {"@PROCESSES_AWK@", single_quoted(awk_template)},
                             {"@SIGNALS@", signals_with_descriptions()}});
}

std::string fish_action(const OptionSpec& option) {
  const std::string_view choices = option.value.choices;
  return std::string(choices.empty() ? action_of(option).fish : choices);
}

std::string fish_option(const OptionSpec& option) {
  std::string line = "complete -c pidns -n 'not __fish_pidns_command >/dev/null'";
  if (option.letter != '\0') {
    line += fmt::format(" -s {}", option.letter);
  }
  line += fmt::format(" -l {} -d {}", option.name, single_quoted(option.description));
  if (option.value.takes == Takes::nothing) {
    return line;
  }
  line += option.value.takes == Takes::optional_equals ? "" : " -r";
  line += option.value.name == "FILE" ? "" : " -f";
  const std::string action = fish_action(option);
  return action.empty() ? line : fmt::format("{} -a {}", line, single_quoted(action));
}

std::string fish_script() {
  return fill(fish_template, {{"# @OPTIONS@", for_each("\n", fish_option)},
                              {"@PROCESSES_AWK@", fish_quoted(awk_template)},
                              {"@SIGNALS@", signals_with_descriptions()},
                              {"@OPTIONS_WITH_VALUE@", options_with_value(" ")},
                              {"@LETTERS_WITHOUT_VALUE@", letters(false)},
                              {"@LETTERS_WITH_VALUE@", letters(true)}});
}

}  // namespace

std::string completion_script(std::string_view shell) {
  return shell == "bash" ? bash_script() : shell == "zsh" ? zsh_script() : fish_script();
}

}  // namespace pidns
