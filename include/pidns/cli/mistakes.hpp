#pragma once

#include <string_view>

#include "pidns/cli/command_line.hpp"

/// What a word that is not an option may have been meant as.
namespace pidns {

/// @param word as typed, from `--` on, with its value
UsageError unknown_long_option(std::string_view word);

/// @param word as typed: `-fork`
/// @param at where in it the letter stands that is not an option
UsageError unknown_letter(std::string_view word, std::size_t at);

/// Whether a word with one minus sign has the name of a long option: `-list`, which is read as `-l ist`.
bool lacks_a_minus(std::string_view word);

}  // namespace pidns
