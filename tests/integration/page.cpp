#include "page.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "harness.hpp"

namespace page {

namespace {

constexpr std::string_view any = "…";

std::string single_spaced(const std::string& line) {
  std::string text;
  for (const std::string& word : harness::words(line)) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

std::string take_number(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) {
    ++size;
  }
  std::string number(text.substr(0, size));
  text.remove_prefix(size);
  return number;
}

constexpr std::size_t shortest_that_varies = 3;

/// Where a number begins that varies. @return npos when there is none
std::size_t start_of_number(std::string_view text) {
  std::size_t digits = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    digits = is_digit(text[at]) ? digits + 1 : 0;
    if (digits == shortest_that_varies) {
      return at + 1 - digits;
    }
  }
  return std::string_view::npos;
}

std::string section_of(const std::string& manual_page, const std::string& name) {
  const std::string section = manual_page.substr(manual_page.find(".Sh " + name + "\n"));
  return section.substr(0, section.find("\n.Sh "));
}

}  // namespace

std::vector<Command> read_commands(const std::string& markdown) {
  std::vector<Command> commands;
  bool inside = false;
  int section = 0;
  std::size_t terminal = 0;
  bool other = false;
  for (const std::string& line : harness::lines(markdown)) {
    if (line.starts_with("## ")) {
      ++section;
    } else if (line.starts_with("```")) {
      inside = !inside && line.starts_with("```console");
      terminal = line == "```console second" ? 1 : 0;
      other = line == "```console or";
    } else if (inside && line.starts_with("# ")) {
      commands.push_back({section, terminal, line.substr(2), {}});
    } else if (inside && line.starts_with("$ ")) {
      commands.push_back({section, terminal_of_nobody, line.substr(2), {}});
    } else if (inside && !commands.empty()) {
      (other ? commands.back().other_output : commands.back().output).push_back(line);
    }
  }
  return commands;
}

std::string examples_of(const std::string& manual_page) {
  std::string text;
  for (std::string line : harness::lines(section_of(manual_page, "EXAMPLES"))) {
    for (const auto& [escape, character] :
         {std::pair{"\\&...", any}, std::pair{"\\-", std::string_view("-")}}) {
      for (auto at = line.find(escape); at != std::string::npos; at = line.find(escape)) {
        line.replace(at, std::string_view(escape).size(), character);
      }
    }
    text += (line.starts_with(".Bd") ? "```console" : line == ".Ed" ? "```" : line) + '\n';
  }
  return text;
}

std::set<std::string> keys_of(const std::string& manual_page) {
  constexpr std::string_view item = ".It Li ";
  std::set<std::string> keys;
  for (const std::string& line : harness::lines(section_of(manual_page, "JSON"))) {
    if (line.starts_with(item)) {
      keys.insert(line.substr(item.size()));
    }
  }
  return keys;
}

std::string Matcher::typed(std::string_view command) const {
  std::string text;
  while (!command.empty()) {
    if (is_digit(command.front())) {
      const std::string number = take_number(command);
      const auto known = seen_for_.find(number);
      text += known == seen_for_.end() ? number : known->second;
    } else {
      text += command.front();
      command.remove_prefix(1);
    }
  }
  return text;
}

bool Matcher::same_number(const std::string& expected, const std::string& seen) {
  if (expected.size() < shortest_that_varies || seen.size() < shortest_that_varies) {
    return expected == seen;
  }
  const auto known = seen_for_.find(expected);
  const auto taken = expected_for_.find(seen);
  if (known != seen_for_.end() || taken != expected_for_.end()) {
    return known != seen_for_.end() && known->second == seen;
  }
  seen_for_[expected] = seen;
  expected_for_[seen] = expected;
  return true;
}

bool Matcher::line_matches(const std::string& expected, const std::string& seen) {
  const std::string wanted_text = single_spaced(expected);
  const std::string seen_text = single_spaced(seen);
  std::string_view wanted = wanted_text;
  std::string_view rest = seen_text;
  while (!wanted.empty()) {
    if (wanted.starts_with(any)) {
      wanted.remove_prefix(any.size());
      const std::string_view next = wanted.substr(0, std::min(wanted.find(any), start_of_number(wanted)));
      const std::size_t found = next.empty() ? rest.size() : rest.find(next);
      if (found == std::string_view::npos) {
        return false;
      }
      rest.remove_prefix(found);
    } else if (rest.empty() || is_digit(wanted.front()) != is_digit(rest.front()) ||
               (!is_digit(wanted.front()) && wanted.front() != rest.front())) {
      return false;
    } else if (is_digit(wanted.front())) {
      if (!same_number(take_number(wanted), take_number(rest))) {
        return false;
      }
    } else {
      wanted.remove_prefix(1);
      rest.remove_prefix(1);
    }
  }
  return rest.empty();
}

bool Matcher::matches(const std::vector<std::string>& expected, const std::vector<std::string>& seen) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == any) {
      if (i + 1 == expected.size()) {
        return true;
      }
      while (next < seen.size() && !line_matches(expected[i + 1], seen[next])) {
        ++next;
      }
    } else if (next == seen.size() || !line_matches(expected[i], seen[next++])) {
      return false;
    }
  }
  return next == seen.size();
}

}  // namespace page
