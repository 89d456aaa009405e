#include "pidns/cli/getopt.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "pidns/cli/command_line.hpp"
#include "pidns/cli/mistakes.hpp"
#include "pidns/cli/option_table.hpp"

namespace pidns {

namespace {

/// @param word as typed, with its value
std::size_t find_long(std::string_view word) {
  const std::string_view name = word.substr(2, word.find('=') - 2);
  const auto table = option_table();
  std::vector<std::size_t> matches;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].name == name) {
      return i;
    }
    if (table[i].name.starts_with(name)) {
      matches.push_back(i);
    }
  }
  if (matches.empty()) {
    throw unknown_long_option(word);
  }
  if (matches.size() > 1) {
    std::vector<std::string> names(matches.size());
    std::transform(matches.begin(), matches.end(), names.begin(),
                   [&](std::size_t match) { return fmt::format("--{}", table[match].name); });
    throw UsageError(fmt::format("--{}: ambiguous option, could be {}", name, fmt::join(names, " or ")));
  }
  return matches.front();
}

/// @param word as typed, with one minus sign
/// @param at where the letter stands in it
std::size_t find_letter(std::string_view word, std::size_t at) {
  const auto table = option_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& option) { return option.letter == word[at]; });
  if (found == table.end()) {
    throw unknown_letter(word, at);
  }
  return static_cast<std::size_t>(found - table.begin());
}

/// Whether a word is a long option without its minus signs.
bool is_bare_option(std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  const auto table = option_table();
  return std::any_of(table.begin(), table.end(),
                     [&](const OptionSpec& option) { return option.name == name; });
}

[[noreturn]] void refuse_value(const OptionSpec& option) {
  throw UsageError(fmt::format("--{}: takes no value", option.name));
}

class Parser {
 public:
  explicit Parser(std::span<const char* const> words) : words_(words) {}

  ParsedArgs parse() {
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_];
      if (word == "--") {
        ++next_;
        args_.place = {};
        break;
      }
      if (word.starts_with("--")) {
        read_long(word);
      } else if (word.size() > 1 && word.front() == '-') {
        read_shorts(word);
      } else if (args_.has("list")) {  // there is no COMMAND, whose options would begin here
        args_.command.emplace_back(word);
        ++next_;
      } else {
        break;
      }
    }
    const auto rest = words_.subspan(next_);
    args_.command.insert(args_.command.end(), rest.begin(), rest.end());
    args_.place.is_option_name = !rest.empty() && is_bare_option(rest.front());
    return std::move(args_);
  }

 private:
  void read_long(std::string_view word) {
    ++next_;
    args_.place = {};
    const auto equals = word.find('=');
    const std::size_t option = find_long(word);
    if (equals == std::string_view::npos) {
      add_without_equals(option);
    } else if (option_table()[option].value.takes == Takes::nothing) {
      refuse_value(option_table()[option]);
    } else {
      add(option, word.substr(equals + 1));
    }
  }

  /// `-fp`, `-R DIR`, `-UrRDIR`: the value of the first letter that requires one is the rest of the word, or
  /// the next word.
  void read_shorts(std::string_view word) {
    ++next_;
    args_.place = {};
    for (std::size_t at = 1; at < word.size(); ++at) {
      const std::size_t option = find_letter(word, at);
      if (option_table()[option].value.takes == Takes::value && at + 1 < word.size()) {
        add(option, word.substr(at + 1));
        if (at == 1 && lacks_a_minus(word)) {
          args_.doubtful = word;
        }
        return;
      }
      add_without_equals(option);
      args_.options.back().is_letter = true;
    }
  }

  void add_without_equals(std::size_t option) {
    const OptionSpec& spec = option_table()[option];
    const bool is_last = next_ == words_.size();
    switch (spec.value.takes) {
      case Takes::nothing:
        args_.options.push_back({.option = option, .value = {}});
        return;
      case Takes::value:
        if (is_last) {
          throw UsageError(fmt::format("--{}: needs a value", spec.name));
        }
        add(option, words_[next_++]);
        return;
      case Takes::optional_next:
        if (!is_last && *words_[next_] != '-') {
          add(option, words_[next_++]);
          return;
        }
        [[fallthrough]];
      case Takes::optional_equals:
        args_.options.push_back({.option = option, .value = std::string(spec.value.default_value)});
        args_.place = {.option_before = spec.name, .value_before = spec.value.name};
        return;
    }
  }

  void add(std::size_t option, std::string_view value) {
    if (value.empty()) {  // as from a variable that is not set: `--mount-proc=$DIR`
      throw UsageError(fmt::format("--{}: the value is empty", option_table()[option].name));
    }
    args_.options.push_back({.option = option, .value = std::string(value)});
  }

  std::span<const char* const> words_;
  std::size_t next_ = 0;
  ParsedArgs args_;
};

}  // namespace

bool ParsedArgs::has(std::string_view option) const {
  return std::any_of(options.begin(), options.end(), [&](const Occurrence& occurrence) {
    return option_table()[occurrence.option].name == option;
  });
}

ParsedArgs parse_args(std::span<const char* const> arguments) {
  return Parser(arguments).parse();
}

}  // namespace pidns
