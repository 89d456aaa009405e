#include "pidns/launch/id_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pidns/util/text.hpp"

namespace pidns {

namespace {

bool contains(unsigned first, unsigned count, unsigned id) {
  return id >= first && id - first < count;
}

/// Pairs the IDs of a block in order, without the caller's current one on either side.
void append_around(std::vector<IdRange>& lines, const MapBlock& block, const IdRange& current) {
  const auto& [inner, outer, size] = block.range;
  const bool hole_outside = contains(outer, size, current.outer);
  const bool hole_inside = contains(inner, size, current.inner);
  const bool extended = block.source == MapBlock::Source::automatic;
  const unsigned count = size - (hole_outside || (hole_inside && !extended) ? 1 : 0);
  const unsigned inside = hole_inside ? current.inner - inner : count;  // how many IDs are before the hole
  const unsigned outside = hole_outside ? current.outer - outer : count;
  const std::array cuts{0U, std::min({inside, outside, count}), std::min(std::max(inside, outside), count),
                        count};
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const unsigned start = cuts.at(i);
    if (start < cuts.at(i + 1)) {
      lines.push_back({.inner = inner + start + (start >= inside ? 1 : 0),
                       .outer = outer + start + (start >= outside ? 1 : 0),
                       .count = cuts.at(i + 1) - start});
    }
  }
}

std::string describe(const IdRange& range) {
  return fmt::format("{}:{}:{}", range.inner, range.outer, range.count);
}

bool overlap(unsigned first, unsigned count, unsigned other, unsigned other_count) {
  return contains(first, count, other) || contains(other, other_count, first);
}

}  // namespace

std::vector<IdRange> parse_id_map(std::string_view text) {
  std::vector<IdRange> ranges;
  while (!text.empty()) {
    std::string_view line = consume_until(text, '\n');
    std::array<unsigned, 3> numbers{};
    for (unsigned& number : numbers) {
      line = trim_front(line);
      number = leading_number<unsigned>(consume_until(line, ' '));
    }
    if (const auto [inner, outer, count] = numbers; count != 0) {
      ranges.push_back({.inner = inner, .outer = outer, .count = count});
    }
  }
  return ranges;
}

std::string format_id_map(const std::vector<IdRange>& lines) {
  std::string text;
  for (const IdRange& line : lines) {
    text += fmt::format("{} {} {}\n", line.inner, line.outer, line.count);
  }
  return text;
}

std::optional<IdRange> find_subordinate_ids(std::string_view text, std::string_view name, unsigned id) {
  while (!text.empty()) {
    std::string_view line = consume_until(text, '\n');
    const std::string_view owner = consume_until(line, ':');
    const bool by_name = !name.empty() && owner == name;
    if (!by_name && parse_number<unsigned>(owner) != id) {
      continue;
    }
    const auto first = parse_number<unsigned>(consume_until(line, ':'));
    const auto count = parse_number<unsigned>(line);
    if (first && count) {
      return IdRange{.inner = *first, .outer = *first, .count = *count};
    }
  }
  return std::nullopt;
}

std::vector<IdRange> build_id_map(const std::optional<IdRange>& current,
                                  const std::vector<MapBlock>& blocks) {
  std::vector<IdRange> lines;
  if (current) {
    lines.push_back(*current);
  }
  for (const MapBlock& block : blocks) {
    if (current) {
      append_around(lines, block, *current);
    } else {
      lines.push_back(block.range);
    }
  }
  return lines;
}

bool is_mapped(std::string_view map, unsigned id) {
  const std::vector<IdRange> ranges = parse_id_map(map);
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const IdRange& range) { return contains(range.outer, range.count, id); });
}

std::string why_invalid(const IdRange& range) {
  if (range.count == 0) {
    return fmt::format("{} maps no ID", describe(range));
  }
  if (range.count > no_id - std::max(range.inner, range.outer)) {
    return fmt::format("{} goes beyond {}, the last ID", describe(range), no_id - 1);
  }
  return {};
}

std::string why_invalid(const std::vector<IdRange>& lines) {
  constexpr std::size_t most_lines = 340;  // UID_GID_MAP_MAX_EXTENTS, include/linux/user_namespace.h
  constexpr std::size_t too_long = 4096;   // map_write() in kernel/user_namespace.c: less than a page
  for (auto line = lines.begin(); line != lines.end(); ++line) {
    if (std::string reason = why_invalid(*line); !reason.empty()) {
      return reason;
    }
    for (auto other = lines.begin(); other != line; ++other) {
      if (overlap(line->inner, line->count, other->inner, other->count) ||
          overlap(line->outer, line->count, other->outer, other->count)) {
        return fmt::format("{} and {} overlap", describe(*other), describe(*line));
      }
    }
  }
  if (lines.size() > most_lines || format_id_map(lines).size() >= too_long) {
    return fmt::format("{} lines are more than the kernel accepts", lines.size());
  }
  return {};
}

}  // namespace pidns
