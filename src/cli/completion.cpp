#include "pidns/cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <vector>

#include "pidns/cli/option_table.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

namespace {

std::string signal_names() {
  std::vector<std::string> names;
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    const std::string name = signal_name(signal);
    if (name.starts_with("SIG")) {
      names.push_back(name.substr(3));
    }
  }
  return fmt::format("{}", fmt::join(names, " "));
}

/// The values there are, when they are known in advance.
std::string values_of(const OptionSpec& option) {
  return option.value_name == "SIGNAL" ? signal_names() : std::string(option.choices);
}

/// In single quotes, as all three shells read them.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string_view("'\\''") : std::string_view(&c, 1);
  }
  return result + "'";
}

/// One text for each option that is wanted, joined.
std::string for_each(std::string_view separator, const std::function<std::string(const OptionSpec&)>& text) {
  std::vector<std::string> texts;
  for (const OptionSpec& option : option_table()) {
    if (std::string one = text(option); !one.empty()) {
      texts.push_back(std::move(one));
    }
  }
  return fmt::format("{}", fmt::join(texts, separator));
}

std::string letters(const std::function<bool(const OptionSpec&)>& wanted) {
  return for_each("", [&](const OptionSpec& option) {
    return option.letter != '\0' && wanted(option) ? std::string(1, option.letter) : std::string();
  });
}

/// The letters that stand in front of others, and those whose value may be the next word.
std::string letters_without_value() {
  return letters([](const OptionSpec& option) { return option.takes != Takes::value; });
}
std::string letters_with_value() {
  return letters([](const OptionSpec& option) { return option.takes == Takes::value; });
}

/// The long options whose value may be the next word.
std::string separate_names(std::string_view separator) {
  return for_each(separator, [](const OptionSpec& option) {
    const bool separate = option.takes == Takes::value || option.takes == Takes::optional_next;
    return separate ? fmt::format("--{}", option.name) : "";
  });
}

// bash, with the functions of the package bash-completion

std::string bash_action(const OptionSpec& option) {
  if (const std::string values = values_of(option); !values.empty()) {
    return fmt::format("COMPREPLY=($(compgen -W {} -- \"$cur\"))", quoted(values));
  }
  if (option.value_name == "DIR") {
    return "_filedir -d";
  }
  if (option.value_name == "FILE") {
    return "_filedir";
  }
  return option.value_name == "PID" ? "_pids" : "";
}

std::string bash_script() {
  const std::string names = for_each(" ", [](const OptionSpec& option) {
    return fmt::format("--{}{}", option.name, option.takes == Takes::value ? "=" : "") +
           (option.takes == Takes::optional_equals ? fmt::format(" --{}=", option.name) : "");
  });
  const std::string actions = for_each("", [](const OptionSpec& option) {
    std::string action = bash_action(option);
    if (action.empty()) {
      return action;
    }
    const bool has_letter = option.letter != '\0' && option.takes == Takes::value;
    const std::string letter =
        has_letter ? fmt::format("|-*([{}]){}", letters_without_value(), option.letter) : "";
    return fmt::format("      --{}{}) {} ;;\n", option.name, letter, action);
  });
  return fmt::format(
      R"(# bash completion for pidns, made by pidns --completion bash

_pidns() {{
  local cur prev words cword split i=1 command=false
  _init_completion -s -n : || return
  # The command begins at the first word that is no option and no value of one.
  while ((i < cword)); do
    case ${{words[i]}} in
      --) ((++i)); command=true; break ;;
      {0}) ((i += 2)) ;;
      -*([{1}])[{2}]) ((i += 2)) ;;
      -?*) ((++i)) ;;
      *) command=true; break ;;
    esac
  done
  if $command || [[ $i -eq $cword && $cur != -* && $split == false ]]; then
    COMP_WORDS=("${{words[@]}}") COMP_CWORD=$cword # as they are divided here
    _command_offset "$i"
    return
  fi
  if [[ $i -gt $cword || $split == true ]]; then
    case $prev in
{3}    esac
    return
  fi
  COMPREPLY=($(compgen -W {4} -- "$cur"))
  [[ ${{COMPREPLY-}} != *= ]] || compopt -o nospace
}} && complete -F _pidns pidns
)",
      separate_names("|"), letters_without_value(), letters_with_value(), actions, quoted(names));
}

// zsh

std::string zsh_action(const OptionSpec& option) {
  if (const std::string values = values_of(option); !values.empty()) {
    return fmt::format("({})", values);
  }
  if (option.value_name == "DIR") {
    return "_directories";
  }
  if (option.value_name == "FILE") {
    return "_files";
  }
  return option.value_name == "PID" ? "_pids" : " ";
}

std::string zsh_option(const OptionSpec& option) {
  std::string name = fmt::format("--{}", option.name);
  std::string value;
  if (option.takes != Takes::nothing) {
    // `=-`: only in the same word.
    name += option.takes == Takes::optional_equals ? "=-" : "=";
    value = fmt::format(":{}{}:{}", option.takes == Takes::value ? "" : ":", option.value_name,
                        zsh_action(option));
  }
  const std::string text = quoted(fmt::format("[{}]{}", option.description, value));
  if (option.letter == '\0') {
    return fmt::format("{}{}", name, text);
  }
  const std::string letter = fmt::format("-{}{}", option.letter, option.takes == Takes::value ? "+" : "");
  return fmt::format("{{{},{}}}{}", letter, name, text);
}

std::string zsh_script() {
  return fmt::format(R"(#compdef pidns
# zsh completion for pidns, made by pidns --completion zsh

_arguments -s -S -A '-*' : \
  {} \
  '(-)1:command: _command_names -e' \
  '*::arguments: _normal'
)",
                     for_each(" \\\n  ", zsh_option));
}

// fish

std::string fish_action(const OptionSpec& option) {
  if (std::string values = values_of(option); !values.empty()) {
    return values;
  }
  if (option.value_name == "DIR") {
    return "(__fish_complete_directories)";
  }
  return option.value_name == "PID" ? "(__fish_complete_pids)" : "";
}

std::string fish_option(const OptionSpec& option) {
  std::string line = "complete -c pidns -n 'not __fish_pidns_command >/dev/null'";
  if (option.letter != '\0') {
    line += fmt::format(" -s {}", option.letter);
  }
  line += fmt::format(" -l {} -d {}", option.name, quoted(option.description));
  if (option.takes == Takes::nothing) {
    return line;
  }
  line += option.takes == Takes::optional_equals ? "" : " -r";
  line += option.value_name == "FILE" ? "" : " -f";
  const std::string action = fish_action(option);
  return action.empty() ? line : fmt::format("{} -a {}", line, quoted(action));
}

std::string fish_script() {
  return fmt::format(R"(# fish completion for pidns, made by pidns --completion fish

# Prints the words of the command so far. Fails as long as it has not begun.
function __fish_pidns_command
    set -l words (commandline -opc)[2..]
    while set -q words[1]
        switch $words[1]
            case --
                printf '%s\n' $words[2..]
                return 0
            case {}
                set -e words[1]
            case '-?*'
                if string match -qr -- '^-[{}]*[{}]$' $words[1]
                    set -e words[1]
                end
            case '*'
                printf '%s\n' $words
                return 0
        end
        set -e words[1]
    end
    return 1
end

{}
complete -c pidns -x -a '(__fish_complete_subcommand --commandline (__fish_pidns_command) (commandline -ct))'
)",
                     separate_names(" "), letters_without_value(), letters_with_value(),
                     for_each("\n", fish_option));
}

}  // namespace

std::string completion_script(std::string_view shell) {
  return shell == "bash" ? bash_script() : shell == "zsh" ? zsh_script() : fish_script();
}

}  // namespace pidns
