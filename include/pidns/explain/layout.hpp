#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pidns/explain/step.hpp"

namespace pidns {

/// How the narration is laid out.
struct Style {
  std::size_t width = 80;  ///< of the terminal: no line is wider
  bool colour = false;
};

/// @param terminal_width nothing: stderr is not a terminal
/// @param no_color the environment variable NO_COLOR; nullptr: not set
/// @param terminal the environment variable TERM; nullptr: not set
Style choose_style(std::optional<std::size_t> terminal_width, const char* no_color, const char* terminal);

/// `[1] headline` and the sentences below it, with a line end. Calls take the width of the terminal,
/// sentences at most 80 columns.
std::string render(int number, const Step& step, const Style& style);

/// What is shown while --explain=step waits for a key, without a line end.
/// @param step the call that comes next; only its headline is shown
std::string render_question(int number, const Step& step, const Style& style);

/// A message of one line, broken at blanks; the lines that follow are indented.
std::string wrap_message(std::string_view message, std::size_t width);

}  // namespace pidns
