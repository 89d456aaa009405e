#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace pidns {

/// Options of nsenter, bwrap, docker and the like, each with what to do instead: the end of a message.
std::span<const std::pair<std::string_view, std::string_view>> other_tools_words();

/// What to do for one of these words.
/// @param word with its minus signs, without a value
/// @return nothing if it is none of them
std::optional<std::string_view> advice_for_word(std::string_view word);

}  // namespace pidns
