#pragma once

#include <string_view>

#include "pidns/util/options.hpp"

namespace pidns {

/// The two colours of --list and --explain: of what counts outside, and of what counts inside. Both are as
/// far from black as from white, and told apart by those who do not see red and green.
inline constexpr std::string_view outside_colour = "\x1b[1;38;5;32m";
inline constexpr std::string_view inside_colour = "\x1b[1;38;5;166m";
inline constexpr std::string_view no_colour = "\x1b[0m";

/// What the environment says about colours; nullptr: it is not set.
struct ColourEnvironment {
  const char* no_color = nullptr;        ///< NO_COLOR
  const char* clicolor_force = nullptr;  ///< CLICOLOR_FORCE
  const char* term = nullptr;            ///< TERM
};

ColourEnvironment read_colour_environment();

/// Whether to write colours. --color comes before NO_COLOR, and that before CLICOLOR_FORCE.
bool wants_colour(ColourWhen when, bool to_terminal, const ColourEnvironment& environment);

}  // namespace pidns
