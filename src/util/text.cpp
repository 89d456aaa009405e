#include "pidns/util/text.hpp"

#include <fmt/format.h>

#include <array>

namespace pidns {

namespace {

struct Character {
  std::size_t size = 0;  ///< in bytes; 0: what comes first is no UTF-8
  char32_t code = 0;
};

/// Decodes the first character of a text: RFC 3629, which excludes surrogates and forms longer than needed.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) {
    return {1, byte(0)};
  }
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (byte(0) < 0xc0 || byte(0) > 0xf4 || text.size() < size) {
    return {};
  }
  char32_t code = byte(0) & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) {
      return {};
    }
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < least.at(size) || code > 0x10ffff || surrogate ? Character{} : Character{size, code};
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t size>
bool contains(const std::array<Range, size>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

/// As wcwidth(3), which needs a locale from a file: combining marks and East Asian characters, roughly.
std::size_t columns_of(char32_t code) {
  constexpr std::array none{Range{0x300, 0x36f},   Range{0x200b, 0x200f}, Range{0x20d0, 0x20ff},
                            Range{0x3099, 0x309a}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f}};
  constexpr std::array two{Range{0x1100, 0x115f}, Range{0x2e80, 0xa4cf},   Range{0xac00, 0xd7a3},
                           Range{0xf900, 0xfaff}, Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},
                           Range{0xffe0, 0xffe6}, Range{0x1f300, 0x1faff}, Range{0x20000, 0x3fffd}};
  if (contains(none, code)) {
    return 0;
  }
  return contains(two, code) ? 2 : 1;
}

}  // namespace

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(character.size, 1));
    if (character.size == 0 || is_control(character.code)) {
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
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = first_character(text.substr(end));
    const std::size_t width = columns_of(character.code);
    if (width > columns) {
      break;
    }
    columns -= width;
    end += std::max<std::size_t>(character.size, 1);
  }
  return text.substr(0, end);
}

}  // namespace pidns
