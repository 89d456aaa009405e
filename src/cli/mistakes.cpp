#include "pidns/cli/mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pidns/cli/option_table.hpp"
#include "pidns/cli/other_tools.hpp"
#include "pidns/util/typography.hpp"

namespace pidns {

namespace {

/// How far apart two words are. To replace, insert or remove a letter counts 2, to swap two neighbours 1:
/// that is the commonest slip.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) {
    row[j] = 2 * j;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = 2 * (i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({last[j] + (a[i] == b[j] ? 0 : 2), row[j] + 2, last[j + 1] + 2});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
      }
    }
  }
  return row.back();
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

/// The name of an option that this is: written out, or the start of exactly one.
std::optional<std::string_view> named_by(std::string_view name) {
  constexpr std::size_t shortest_prefix = 3;
  std::optional<std::string_view> found;
  for (const OptionSpec& option : option_table()) {
    if (option.name == name) {
      return option.name;
    }
    if (name.size() >= shortest_prefix && option.name.starts_with(name)) {
      if (found) {
        return std::nullopt;
      }
      found = option.name;
    }
  }
  return found;
}

/// The option whose name this was probably meant to be. One letter in three may be wrong: any further apart,
/// it is another word.
std::optional<std::string_view> similar_to(std::string_view name) {
  const std::string lower = lower_case(name);
  const auto table = option_table();
  const auto nearest = std::min_element(table.begin(), table.end(), [&](const auto& a, const auto& b) {
    return edit_distance(a.name, lower) < edit_distance(b.name, lower);
  });
  return edit_distance(nearest->name, lower) * 3 <= name.size() * 2 ? std::optional(nearest->name)
                                                                    : std::nullopt;
}

std::optional<std::string_view> meant_by(std::string_view name) {
  const auto named = named_by(name);
  return named ? named : similar_to(name);
}

/// A word up to its `=`, and from there on.
std::pair<std::string_view, std::string_view> divide(std::string_view word) {
  const std::size_t equals = std::min(word.find('='), word.size());
  return {word.substr(0, equals), word.substr(equals)};
}

UsageError did_you_mean(std::string_view word, std::string_view option) {
  return UsageError(fmt::format("{}: unknown option, did you mean --{}?", word, option));
}

UsageError unknown(std::string_view word) {
  return UsageError(fmt::format("{}: unknown option, see pidns --help", word));
}

/// Two options, or an option and a value, that are one word: `-pf--mount-proc`, `--fork--init`, `--wd/srv`,
/// `"--fork bash"`.
std::optional<UsageError> glued(std::string_view word) {
  if (const std::string_view space = first_space(word); !space.empty()) {
    const bool typed = space == " ";
    return UsageError(fmt::format("{}: unknown option, with {} in it{}", word,
                                  typed ? "a blank" : "a character that only looks like a blank",
                                  typed ? ": leave out the quotes" : ""));
  }
  for (std::size_t at = word.find("--", 1); at != std::string_view::npos; at = word.find("--", at + 1)) {
    const std::string_view second = divide(word.substr(at)).first;
    if (second.size() > 2 && meant_by(second.substr(2))) {
      return UsageError(fmt::format("{}: a blank is missing before {}", word, word.substr(at)));
    }
  }
  const std::size_t slash = word.find('/');
  const std::string_view name = word.substr(2, std::max<std::size_t>(slash, 2) - 2);
  if (word.starts_with("--") && slash != std::string_view::npos && named_by(name) == name) {
    return did_you_mean(word, fmt::format("{}={}", name, word.substr(slash)));
  }
  return std::nullopt;
}

}  // namespace

UsageError unknown_long_option(std::string_view word) {
  const auto [dashed_name, value] = divide(word);
  if (const auto advice = advice_for_word(dashed_name)) {
    return UsageError(fmt::format("{}: {}", dashed_name, *advice));
  }
  if (const auto error = glued(dashed_name)) {
    return *error;
  }
  const auto meant = meant_by(trim_dashes(dashed_name));
  return meant ? did_you_mean(dashed_name, *meant) : unknown(dashed_name);
}

UsageError unknown_letter(std::string_view word, std::size_t at) {
  const auto [dashed_name, value] = divide(word);
  if (const auto advice = advice_for_word(dashed_name)) {
    return UsageError(fmt::format("{}: {}", dashed_name, *advice));
  }
  if (const auto error = glued(word)) {
    return *error;
  }
  const std::string_view name = trim_dashes(dashed_name);
  // Of so few letters many are near: `-pfd` is not `--pid`.
  constexpr std::size_t shortest_similar = 4;
  const auto meant = name.size() >= shortest_similar ? meant_by(name) : named_by(name);
  if (meant) {
    return did_you_mean(word, fmt::format("{}{}", *meant, value));
  }
  if (word[at] == '=' && at > 1) {  // `-n=FILE`
    const auto table = option_table();
    const auto option = std::find_if(table.begin(), table.end(),
                                     [&](const OptionSpec& spec) { return spec.letter == word[at - 1]; });
    return option->value.takes == Takes::nothing
               ? UsageError(fmt::format("{}: -{} takes no value", word, option->letter))
               : did_you_mean(word, fmt::format("{}{}", option->name, word.substr(at)));
  }
  constexpr std::size_t one_letter = 2;
  const bool bundled = word.size() > one_letter && word[at] > ' ' && word[at] <= '~' && word[at] != '-';
  return bundled ? UsageError(fmt::format("{}: unknown option -{}, see pidns --help", word, word[at]))
                 : unknown(word);
}

bool lacks_a_minus(std::string_view word) {
  const std::string_view name = divide(word).first.substr(1);
  return name.size() > 1 && named_by(name) == name;
}

}  // namespace pidns
