#include "pidns/cli/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "pidns/cli/command_line.hpp"
#include "pidns/cli/completion.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/text.hpp"

namespace pidns::values {

namespace {

/// The value that was read, if there is one; else an error that says what the text is not.
template <typename Value>
Value value_or_throw(const std::optional<Value>& value, const std::string& text, std::string_view kind) {
  if (!value) {
    throw UsageError(fmt::format("{} is not {}", text, kind));
  }
  return *value;
}

/// Three numbers with separators between them, and nothing else.
std::optional<std::array<unsigned, 3>> parse_three(std::string_view text, char separator) {
  if (std::count(text.begin(), text.end(), separator) != 2) {
    return std::nullopt;
  }
  std::array<unsigned, 3> numbers{};
  for (unsigned& number : numbers) {
    const auto parsed = parse_number<unsigned>(consume_until(text, separator));
    if (!parsed) {
      return std::nullopt;
    }
    number = *parsed;
  }
  return numbers;
}

std::optional<MapBlock> parse_map_block(std::string_view text) {
  if (text == "auto") {
    return MapBlock{.source = MapBlock::Source::automatic};
  }
  if (text == "subids") {
    return MapBlock{.source = MapBlock::Source::subids};
  }
  if (text == "all") {
    return MapBlock{.source = MapBlock::Source::all};
  }
  if (const auto numbers = parse_three(text, ':')) {
    const auto [inner, outer, count] = *numbers;
    return MapBlock{.range = {.inner = inner, .outer = outer, .count = count}};
  }
  if (const auto numbers = parse_three(text, ',')) {
    const auto [outer, inner, count] = *numbers;
    return MapBlock{.range = {.inner = inner, .outer = outer, .count = count}, .old_form = true};
  }
  return std::nullopt;
}

/// The fields of a binary format: binfmt-misc.rst of the kernel.
enum Field : std::size_t { name, type, offset, magic, mask, interpreter, flags, count };
using Fields = std::array<std::string_view, Field::count>;

/// What is left over after the separators belongs to the last field.
Fields split_definition(std::string_view definition) {
  const char separator = definition.front();
  definition.remove_prefix(1);
  Fields fields;
  for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
    fields.at(i) = consume_until(definition, separator);
  }
  fields.back() = definition;
  return fields;
}

/// @return what is wrong with them; empty: nothing
std::string definition_error(const Fields& fields) {
  if (fields[name].empty() || fields[name] == "." || fields[name] == ".." ||
      fields[name].find('/') != std::string_view::npos) {
    return fmt::format("has the name '{}', which no file can have", fields[name]);
  }
  if (fields[type] != "M" && fields[type] != "E") {
    return fmt::format("has the type '{}', which is neither M nor E", fields[type]);
  }
  if (fields[magic].empty()) {
    return "has no magic";
  }
  if (fields[interpreter].empty()) {
    return "has no interpreter";
  }
  if (fields[flags].find_first_not_of("POCF") != std::string_view::npos) {
    return fmt::format("has the flags '{}', of which only P, O, C and F are known", fields[flags]);
  }
  return {};
}

/// The number in `pid:[4026532292]`, or one that is too big for a PID: namespaces have numbers of 32 bits
/// from 0xEFFFFFFC on, PROC_PID_INIT_INO in include/linux/proc_ns.h.
std::optional<std::uint32_t> namespace_number(std::string_view text) {
  constexpr std::string_view front = "pid:[";
  const bool is_link = text.starts_with(front) && text.ends_with(']');
  const auto number =
      parse_number<std::uint32_t>(is_link ? text.substr(front.size(), text.size() - front.size() - 1) : text);
  constexpr std::uint32_t lowest = 0xEFFFFFFC;
  return number && *number >= lowest ? number : std::nullopt;
}

/// Not negative, with or without a fraction.
std::optional<double> parse_seconds(std::string_view text) {
  constexpr double longest = 1e9;  // some thirty years
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && seconds >= 0 && seconds <= longest ? std::optional(seconds) : std::nullopt;
}

std::optional<std::chrono::milliseconds> milliseconds_of(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace

std::filesystem::path path(const std::string& text) {
  return text;
}

int signal(const std::string& text) {
  return value_or_throw(parse_signal(text), text, "a signal");
}

int descriptor(const std::string& text) {
  const auto fd = parse_number<int>(text);
  return value_or_throw(fd >= 0 ? fd : std::nullopt, text, "an open file descriptor");
}

Target target(const std::string& text) {
  if (const auto number = namespace_number(text)) {
    return {.kind = Target::Kind::pid_namespace, .number = *number, .text = text};
  }
  if (const auto pid = parse_number<pid_t>(text); pid && *pid > 0) {
    return {.kind = Target::Kind::process, .number = static_cast<std::uint64_t>(*pid), .text = text};
  }
  std::error_code unknown;
  if (text.find('/') != std::string::npos || std::filesystem::exists(text, unknown)) {
    return {.kind = Target::Kind::file, .text = text};
  }
  throw UsageError(text + " is not a PID", "pidns --list shows the namespaces and the PIDs in them");
}

unsigned id(const std::string& text) {
  return value_or_throw(parse_id(text), text, "an ID");
}

bool is_name(std::string_view text) {
  return text.find_first_of("0123456789-+") != 0;
}

Ids owner(const std::string& text) {
  std::string_view group_text = text;
  const auto user = parse_id(consume_until(group_text, ':'));
  const auto group = parse_id(group_text);
  return value_or_throw(user && group ? std::optional(Ids{*user, *group}) : std::nullopt, text, "UID:GID");
}

std::int64_t seconds(const std::string& text) {
  const bool has_plus = text.starts_with('+') && !text.starts_with("+-");
  return value_or_throw(parse_number<std::int64_t>(std::string_view(text).substr(has_plus ? 1 : 0)), text,
                        "a number of seconds");
}

std::chrono::milliseconds duration(const std::string& text) {
  if (text == "infinity") {
    return endless;
  }
  const auto seconds = parse_seconds(text);
  return value_or_throw(seconds ? milliseconds_of(*seconds) : std::nullopt, text,
                        "a number of seconds, or infinity");
}

unsigned long propagation(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, unsigned long>, 4> modes{{
      {"private", MS_PRIVATE | MS_REC},
      {"slave", MS_SLAVE | MS_REC},
      {"shared", MS_SHARED | MS_REC},
      {"unchanged", 0},
  }};
  const auto* mode = std::find_if(modes.begin(), modes.end(),
                                  [&](const auto& candidate) { return candidate.first == text; });
  return value_or_throw(mode == modes.end() ? std::nullopt : std::optional(mode->second), text,
                        "private, slave, shared or unchanged");
}

Setgroups setgroups(const std::string& text) {
  const auto mode = text == "allow"  ? std::optional(Setgroups::allow)
                    : text == "deny" ? std::optional(Setgroups::deny)
                                     : std::nullopt;
  return value_or_throw(mode, text, "allow or deny");
}

MapBlock map_block(const std::string& text) {
  return value_or_throw(parse_map_block(text), text, "INNER:OUTER:COUNT, auto, subids or all");
}

BinfmtDefinition binfmt_definition(const std::string& text) {
  const auto separators = static_cast<std::size_t>(std::count(text.begin(), text.end(), text.front()));
  if (separators < Field::count) {
    throw UsageError(text + " is not :name:type:offset:magic:mask:interpreter:flags");
  }
  const Fields fields = split_definition(text);
  if (const std::string error = definition_error(fields); !error.empty()) {
    throw UsageError(fmt::format("{} {}", text, error));
  }
  return {.text = text, .fixed = fields[flags].find('F') != std::string_view::npos};
}

ColourWhen colour(const std::string& text) {
  const auto when = text == "auto"     ? std::optional(ColourWhen::automatic)
                    : text == "always" ? std::optional(ColourWhen::always)
                    : text == "never"  ? std::optional(ColourWhen::never)
                                       : std::nullopt;
  return value_or_throw(when, text, "auto, always or never");
}

bool explain_step(const std::string& text) {
  return value_or_throw(text.empty() || text == "step" ? std::optional(!text.empty()) : std::nullopt, text,
                        "step");
}

std::chrono::milliseconds interval(const std::string& text) {
  constexpr double shortest = 0.1;
  const auto seconds = parse_seconds(text);
  return value_or_throw(seconds && *seconds >= shortest ? milliseconds_of(*seconds) : std::nullopt, text,
                        "a number of seconds from 0.1 on");
}

std::vector<std::string> names(const std::string& text) {
  std::vector<std::string> names;
  for (std::string_view remaining = text; !remaining.empty();) {
    names.emplace_back(consume_until(remaining, ','));
  }
  return names;
}

std::string shell(const std::string& text) {
  for (std::string_view shells = completion_shells; !shells.empty();) {
    if (consume_until(shells, ' ') == text) {
      return text;
    }
  }
  throw UsageError(text + " is not bash, zsh or fish");
}

}  // namespace pidns::values
