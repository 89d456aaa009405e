#include "pidns/cli/getopt.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "pidns/cli/command_line.hpp"
#include "pidns/cli/option_table.hpp"

namespace pidns {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substitution, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

[[noreturn]] void throw_unknown(std::string_view name) {
  const auto table = option_table();
  const auto nearest = std::min_element(table.begin(), table.end(), [&](const auto& a, const auto& b) {
    return edit_distance(a.name, name) < edit_distance(b.name, name);
  });
  // Further apart than half of its letters, it is another word.
  const bool similar = edit_distance(nearest->name, name) * 2 <= name.size();
  throw UsageError(similar ? fmt::format("--{}: unknown option, did you mean --{}?", name, nearest->name)
                           : fmt::format("--{}: unknown option, see pidns --help", name));
}

std::size_t find_long(std::string_view name) {
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
    throw_unknown(name);
  }
  if (matches.size() > 1) {
    std::vector<std::string> names(matches.size());
    std::transform(matches.begin(), matches.end(), names.begin(),
                   [&](std::size_t match) { return fmt::format("--{}", table[match].name); });
    throw UsageError(fmt::format("--{}: ambiguous option, could be {}", name, fmt::join(names, " or ")));
  }
  return matches.front();
}

std::size_t find_letter(char letter) {
  const auto table = option_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& option) { return option.letter == letter; });
  if (letter == '\0' || found == table.end()) {
    throw UsageError(fmt::format("-{}: unknown option, see pidns --help", letter));
  }
  return static_cast<std::size_t>(found - table.begin());
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
        break;
      }
      if (word.starts_with("--")) {
        read_long(word.substr(2));
      } else if (word.size() > 1 && word.front() == '-') {
        read_shorts(word.substr(1));
      } else {
        break;
      }
    }
    const auto rest = words_.subspan(next_);
    args_.command.assign(rest.begin(), rest.end());
    return std::move(args_);
  }

 private:
  void read_long(std::string_view word) {
    ++next_;
    const auto equals = word.find('=');
    const std::size_t option = find_long(word.substr(0, equals));
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
  void read_shorts(std::string_view letters) {
    ++next_;
    while (!letters.empty()) {
      const std::size_t option = find_letter(letters.front());
      letters.remove_prefix(1);
      if (option_table()[option].value.takes == Takes::value && !letters.empty()) {
        add(option, letters);
        return;
      }
      add_without_equals(option);
    }
  }

  void add_without_equals(std::size_t option) {
    const OptionSpec& spec = option_table()[option];
    const bool is_last = next_ == words_.size();
    switch (spec.value.takes) {
      case Takes::nothing:
        args_.options.push_back({option, {}});
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
        args_.options.push_back({option, std::string(spec.value.default_value)});
        return;
    }
  }

  void add(std::size_t option, std::string_view value) {
    if (value.empty()) {  // as from a variable that is not set: `--mount-proc=$DIR`
      throw UsageError(fmt::format("--{}: the value is empty", option_table()[option].name));
    }
    args_.options.push_back({option, std::string(value)});
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
