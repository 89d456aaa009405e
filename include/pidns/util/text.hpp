#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace pidns {

/// Takes the next part of a text, up to the separator, off its front.
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

/// The number at the start of a text; 0 when there is none or it does not fit.
template <typename Number>
Number leading_number(std::string_view text, int base = 10) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// The same text with every byte that could break a line or steer a terminal as `\x1b`: control characters
/// (C0, DEL and C1) and what is no UTF-8. What is quoted from elsewhere cannot break a message into two.
std::string on_one_line(std::string_view text);

/// The start of a text that fits into so many columns of a terminal.
/// @param text valid UTF-8, as from on_one_line(); no character of it is cut in two
std::string_view fit(std::string_view text, std::size_t columns);

}  // namespace pidns
