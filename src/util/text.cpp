#include "pidns/util/text.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <utility>

namespace pidns {

namespace {

struct Character {
  std::size_t size = 0;  ///< in bytes; 0: what comes first is not UTF-8
  utf8proc_int32_t code = 0;
};

Character first_character(std::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  utf8proc_int32_t code = 0;
  const utf8proc_ssize_t size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code);
  return size > 0 ? Character{static_cast<std::size_t>(size), code} : Character{};
}

/// Most are, and need no table.
bool is_printable_ascii(char c) {
  return c >= ' ' && c <= '~';
}

/// Whether a character does something other than to show itself: it moves the cursor, breaks the line, turns
/// the direction of what follows, or cannot be seen.
bool is_steering(utf8proc_int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return false;
  }
}

std::size_t columns_of_character(utf8proc_int32_t code) {
  return static_cast<std::size_t>(utf8proc_charwidth(code));
}

/// The length of the start of a text that fits into so many columns; those that are left.
std::pair<std::size_t, std::size_t> measure(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    const bool plain = is_printable_ascii(text[end]);
    const Character character = plain ? Character{.size = 1} : first_character(text.substr(end));
    const std::size_t width = plain ? 1 : columns_of_character(character.code);
    if (width > columns) {
      break;
    }
    columns -= width;
    end += std::max<std::size_t>(character.size, 1);
  }
  return {end, columns};
}

}  // namespace

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_printable_ascii) - text.begin());
    line.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const Character character = first_character(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(character.size, 1));
    if (character.size == 0 || is_steering(character.code)) {
      for (const char byte : bytes) {
        line += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    } else {
      line += bytes;
    }
    text.remove_prefix(bytes.size());
  }
  return line;
}

std::string_view fit(std::string_view text, std::size_t columns) {
  return text.substr(0, measure(text, columns).first);
}

std::size_t columns_of(std::string_view text) {
  constexpr std::size_t most = std::string_view::npos;
  return most - measure(text, most).second;
}

}  // namespace pidns
