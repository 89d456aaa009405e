#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "pidns/explain/step.hpp"

namespace pidns {

/// How the narration is laid out.
struct Style {
  std::size_t width = 80;  ///< at which sentences are wrapped
  bool break_headlines = false;
  bool colour = false;
};

/// @param terminal_width nothing: stderr is not a terminal
/// @param no_colour the environment variable NO_COLOR; nullptr: not set
/// @param terminal the environment variable TERM; nullptr: not set
Style choose_style(std::optional<std::size_t> terminal_width, const char* no_colour, const char* terminal);

/// `[1] headline` and the sentences below it, with a line end.
std::string render(int number, const Step& step, const Style& style);

}  // namespace pidns
