#pragma once

#include <string_view>

/// Characters that word processors and slides put in the place of those that a shell knows.
namespace pidns {

/// The first blank of a text, or the first character that looks like one; empty when there is none.
std::string_view first_space(std::string_view text);

/// The first typographic quotation mark of a text; empty when there is none.
std::string_view first_typographic_quote(std::string_view text);

/// Whether a text begins with a character that looks like a minus sign, and is none.
bool starts_with_typographic_dash(std::string_view text);

/// The text without the minus signs and dashes at its front.
std::string_view trim_dashes(std::string_view text);

}  // namespace pidns
