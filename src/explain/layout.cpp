#include "pidns/explain/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "pidns/util/colour.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

constexpr std::size_t indent = 4;
constexpr std::size_t readable = 80;
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view bold_red = "\x1b[1;31m";

/// Where a line ends, and where the next one begins.
struct Break {
  std::size_t end;
  std::size_t next;
};

/// Breaks a word that is longer than a line, but not a character.
Break break_word(std::string_view text, std::size_t room) {
  const auto is_inside = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t end = room;
  while (end > 0 && is_inside(end)) {
    --end;
  }
  if (end == 0) {
    do {
      ++end;
    } while (is_inside(end));
  }
  return {end, end};
}

Break break_sentence(std::string_view text, std::size_t room) {
  const std::size_t blank = text.rfind(' ', room);
  return blank == std::string_view::npos || blank == 0 ? break_word(text, room) : Break{blank, blank + 1};
}

/// Breaks a call between its arguments, or between flags.
Break break_call(std::string_view text, std::size_t room) {
  const std::string_view line = text.substr(0, room);
  if (const auto comma = line.rfind(", "); comma != std::string_view::npos) {
    return {comma + 1, comma + 2};
  }
  if (const auto bar = line.rfind('|'); bar != std::string_view::npos) {
    return {bar + 1, bar + 1};
  }
  return break_sentence(text, room);
}

using BreakLine = Break (*)(std::string_view, std::size_t);

/// A text without its marks, and where they stood.
struct Marked {
  struct Position {
    std::size_t at;
    Mark mark;
  };
  std::string text;
  std::vector<Position> marks;
};

Marked read_marks(std::string_view source) {
  constexpr std::string_view all{"\x01\x02\x03"};
  Marked marked;
  while (!source.empty()) {
    const std::size_t size = std::min(source.find_first_of(all), source.size());
    marked.text += on_one_line(source.substr(0, size));
    source.remove_prefix(size);
    if (!source.empty()) {
      marked.marks.push_back({marked.text.size(), static_cast<Mark>(source.front())});
      source.remove_prefix(1);
    }
  }
  return marked;
}

std::string_view colour_of(Mark mark) {
  return mark == Mark::outside ? outside_colour : mark == Mark::inside ? inside_colour : std::string_view();
}

/// Writes a text in lines. All but the first are indented.
class Writer {
 public:
  /// @param base the look of what is not marked; empty: the terminal's own
  Writer(std::string& out, const Style& style, std::string_view base)
      : out_(out), colour_(style.colour), base_(style.colour ? base : std::string_view()) {}

  /// @param column where the text begins
  void write(const Marked& marked, std::size_t column, std::size_t further, std::size_t width,
             BreakLine break_line) {
    out_ += base_;
    next_mark_ = marked.marks.begin();
    std::size_t at = 0;
    // Bytes are counted for columns: a character never takes more columns than bytes.
    while (marked.text.size() - at + column > width) {
      const std::string_view rest = std::string_view(marked.text).substr(at);
      const Break line = break_line(rest, width > column ? width - column : 0);
      write_part(marked, at, at + line.end);
      out_ += fmt::format("\n{:{}}", "", further);
      at += line.next;
      column = further;
      if (further >= width) {
        break;
      }
    }
    write_part(marked, at, marked.text.size());
    out_ += base_.empty() ? std::string_view() : no_colour;
  }

 private:
  void write_part(const Marked& marked, std::size_t at, std::size_t end) {
    for (; next_mark_ != marked.marks.end() && next_mark_->at <= end; ++next_mark_) {
      const std::size_t mark = std::max(next_mark_->at, at);
      out_ += std::string_view(marked.text).substr(at, mark - at);
      at = mark;
      if (colour_) {
        out_ += next_mark_->mark == Mark::none ? no_colour : std::string_view();
        out_ += next_mark_->mark == Mark::none ? base_ : colour_of(next_mark_->mark);
      }
    }
    out_ += std::string_view(marked.text).substr(at, end - at);
  }

  std::string& out_;
  bool colour_;
  std::string_view base_;
  std::vector<Marked::Position>::const_iterator next_mark_;
};

void write_headline(std::string& text, int number, const Step& step, const Style& style) {
  const std::string label = fmt::format("[{}] ", number);
  text += label;
  Writer(text, style, step.failed ? bold_red : bold)
      .write(read_marks(step.headline), label.size(), 2 * indent, style.width, break_call);
}

}  // namespace

Style choose_style(std::optional<std::size_t> terminal_width, const char* no_color, const char* terminal) {
  const bool forbidden = no_color != nullptr && *no_color != '\0';
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return {
      .width = terminal_width.value_or(readable),
      .colour = terminal_width && !forbidden && !dumb,
  };
}

std::string render(int number, const Step& step, const Style& style) {
  std::string text;
  write_headline(text, number, step, style);
  for (const std::string& sentence : step.sentences) {
    text += fmt::format("\n{:{}}", "", indent);
    Writer(text, style, {})
        .write(read_marks(sentence), indent, indent, std::min(style.width, readable), break_sentence);
  }
  return text += '\n';
}

std::string render_question(int number, const Step& step, const Style& style) {
  std::string text;
  write_headline(text, number, step, style);
  text += fmt::format("\n{:{}}", "", indent);
  Writer(text, style, {})
      .write({.text = "next: press a key (c: do not stop again, q: quit) ", .marks = {}}, indent, indent,
             style.width, break_sentence);
  return text;
}

std::string wrap_message(std::string_view message, std::size_t width) {
  std::string text;
  Writer(text, {}, {}).write({.text = std::string(message), .marks = {}}, 0, indent, width, break_sentence);
  return text;
}

}  // namespace pidns
