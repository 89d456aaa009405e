#include "pidns/explain/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// Where a line ends, and where the next one begins.
struct Break {
  std::size_t end;
  std::size_t next;
};

/// @param room for a line; a longer word stays whole
Break break_sentence(std::string_view text, std::size_t room) {
  const std::size_t last = text.rfind(' ', room);
  const std::size_t blank = last == std::string_view::npos ? text.find(' ') : last;
  return {blank, blank == std::string_view::npos ? blank : blank + 1};
}

/// Breaks a call between its arguments, or between flags.
Break break_call(std::string_view text, std::size_t room) {
  const std::string_view line = text.substr(0, room);
  if (const auto comma = line.rfind(','); comma != std::string_view::npos && comma + 1 < text.size()) {
    return {comma + 1, comma + 2};
  }
  if (const auto bar = line.rfind('|'); bar != std::string_view::npos) {
    return {bar + 1, bar + 1};
  }
  return break_sentence(text, room);
}

/// @param column where the text begins
/// @param indent of every line but the first
void append_wrapped(std::string& text, std::string_view rest, std::size_t column, std::size_t indent,
                    std::size_t width, Break (*break_line)(std::string_view, std::size_t)) {
  while (rest.size() + column > width) {
    const auto [end, next] = break_line(rest, width > column ? width - column : 0);
    if (end == std::string_view::npos) {
      break;
    }
    text += fmt::format("{}\n{:{}}", rest.substr(0, end), "", indent);
    rest.remove_prefix(next);
    column = indent;
  }
  text += rest;
}

}  // namespace

Style choose_style(std::optional<std::size_t> terminal_width, const char* no_colour, const char* terminal) {
  constexpr std::size_t readable = 80;
  const bool forbidden = no_colour != nullptr && *no_colour != '\0';
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return {
      .width = std::min(terminal_width.value_or(readable), readable),
      .break_headlines = terminal_width.has_value(),
      .colour = terminal_width && !forbidden && !dumb,
  };
}

std::string render(int number, const Step& step, const Style& style) {
  constexpr std::size_t indent = 4;
  constexpr std::string_view bold = "\x1b[1m";
  constexpr std::string_view bold_red = "\x1b[1;31m";
  constexpr std::string_view plain = "\x1b[0m";
  const std::string label = fmt::format("[{}] ", number);
  std::string text = label;
  text += style.colour ? (step.failed ? bold_red : bold) : "";
  const std::size_t width = style.break_headlines ? style.width : std::string::npos;
  append_wrapped(text, on_one_line(step.headline), label.size(), 2 * indent, width, break_call);
  text += style.colour ? plain : "";
  for (const std::string& sentence : step.sentences) {
    text += fmt::format("\n{:{}}", "", indent);
    append_wrapped(text, on_one_line(sentence), indent, indent, style.width, break_sentence);
  }
  return text += '\n';
}

}  // namespace pidns
