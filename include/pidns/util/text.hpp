#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace pidns {

/// Removes the first part of a text and the separator behind it, and returns that part.
inline std::string_view consume_until(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// A text without the white space at its front.
inline std::string_view trim_front(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text;
}

/// The value in the first line `KEY: VALUE` with this key, as the files of /proc have them; empty when there
/// is none.
inline std::string_view value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = consume_until(text, '\n');
    if (consume_until(line, ':') == key) {
      return trim_front(line);
    }
  }
  return {};
}

/// The number at the start of a text; 0 when there is none or it does not fit.
template <typename Number>
Number leading_number(std::string_view text, int base = 10) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// Reads a text that is one decimal number. @return nothing for any other text, or when it does not fit
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

/// The text with invalid UTF-8, control characters and Unicode's invisible and direction-changing ones (Cf,
/// Zl, Zp) escaped as \xNN, so that what is quoted cannot break a message into two, steer a terminal or
/// mislead its reader.
std::string on_one_line(std::string_view text);

/// The start of a text that fits into so many columns of a terminal.
/// @param text valid UTF-8, as from on_one_line(); no character of it is cut in two
std::string_view fit(std::string_view text, std::size_t columns);

/// How many columns of a terminal such a text takes.
std::size_t columns_of(std::string_view text);

}  // namespace pidns
