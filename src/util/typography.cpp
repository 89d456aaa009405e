#include "pidns/util/typography.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace pidns {

namespace {

// U+00A0, U+2002 to U+2005, U+2009, U+200B, U+202F, U+3000, U+FEFF
constexpr std::array<std::string_view, 11> spaces{" ",
                                                  "\xc2\xa0",
                                                  "\xe2\x80\x82",
                                                  "\xe2\x80\x83",
                                                  "\xe2\x80\x84",
                                                  "\xe2\x80\x85",
                                                  "\xe2\x80\x89",
                                                  "\xe2\x80\x8b",
                                                  "\xe2\x80\xaf",
                                                  "\xe3\x80\x80",
                                                  "\xef\xbb\xbf"};

// U+2018 to U+201F, U+00AB, U+00BB
constexpr std::array<std::string_view, 10> quotes{
    "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a", "\xe2\x80\x9b", "\xe2\x80\x9c",
    "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x9f", "\xc2\xab",     "\xc2\xbb"};

// U+2010 to U+2015, U+2212, U+FE58, U+FE63, U+FF0D
constexpr std::array<std::string_view, 10> dashes{
    "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93", "\xe2\x80\x94",
    "\xe2\x80\x95", "\xe2\x88\x92", "\xef\xb9\x98", "\xef\xb9\xa3", "\xef\xbc\x8d"};

/// @return empty when the text begins with none of them
std::string_view starting(std::string_view text, std::span<const std::string_view> characters) {
  const auto found = std::find_if(characters.begin(), characters.end(),
                                  [&](std::string_view character) { return text.starts_with(character); });
  return found == characters.end() ? std::string_view() : *found;
}

std::string_view first(std::string_view text, std::span<const std::string_view> characters) {
  for (; !text.empty(); text.remove_prefix(1)) {
    if (const std::string_view found = starting(text, characters); !found.empty()) {
      return found;
    }
  }
  return {};
}

}  // namespace

std::string_view first_space(std::string_view text) {
  return first(text, spaces);
}

std::string_view first_typographic_quote(std::string_view text) {
  return first(text, quotes);
}

bool starts_with_typographic_dash(std::string_view text) {
  return !starting(text, dashes).empty();
}

std::string_view trim_dashes(std::string_view text) {
  while (text.starts_with('-') || starts_with_typographic_dash(text)) {
    text.remove_prefix(text.starts_with('-') ? 1 : starting(text, dashes).size());
  }
  return text;
}

}  // namespace pidns
