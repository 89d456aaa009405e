#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pidns {

/// Whose ids: those of users or those of groups.
enum class IdKind { user, group };

/// One line of /proc/PID/uid_map or gid_map: user_namespaces(7).
struct IdRange {
  unsigned inner;
  unsigned outer;
  unsigned count;

  bool operator==(const IdRange&) const = default;
};

/// What one --map-users or --map-groups asks for.
struct MapBlock {
  enum class Source {
    range,      ///< the ids of `range`
    automatic,  ///< `auto`: the caller's subordinate ids, on the lowest ids inside that are free
    subids,     ///< `subids`: the caller's subordinate ids, on themselves
    all,        ///< `all`: every id that there is outside, on itself
  };
  Source source = Source::range;
  IdRange range{};
  bool old_form = false;  ///< written OUTER,INNER,COUNT

  bool operator==(const MapBlock&) const = default;
};

/// What the options ask for of one kind of ids. With neither, no id is mapped.
struct IdMapRequest {
  std::optional<std::string> own = {};  ///< --map-user, --map-group: the caller's own id inside, or its name
  std::vector<MapBlock> blocks = {};    ///< --map-users, --map-groups, in the order of the line
};

/// Reads an id in decimal digits; 4294967295 is none: it means `no id` to the kernel.
std::optional<unsigned> parse_id(std::string_view text);

/// Reads the value of --map-users or --map-groups.
std::optional<MapBlock> parse_map_block(std::string_view text);

/// Reads the text of /proc/PID/uid_map or gid_map.
std::vector<IdRange> parse_map(std::string_view text);

/// The text that the kernel takes for these lines, and newuidmap(1) as separate words.
std::string format_id_map(const std::vector<IdRange>& lines);

/// Finds the first range of a user in /etc/subuid or /etc/subgid, mapped on itself: subuid(5).
/// @param text the file's
/// @param name the user's; empty when the id has none
std::optional<IdRange> find_subordinate_ids(std::string_view text, std::string_view name, unsigned id);

/// Makes the lines of a map. The caller's own id comes first and takes precedence: where a block overlaps it,
/// inside or outside, the block gets a hole there and loses its last id. An `automatic` block loses none
/// for a hole inside, but goes on one id further.
/// @param blocks with their ranges filled in
std::vector<IdRange> build_id_map(const std::optional<IdRange>& own, const std::vector<MapBlock>& blocks);

/// Why the kernel would not take a range, or these lines as a map; empty if it would, as far as they can
/// tell.
std::string why_invalid(const IdRange& range);
std::string why_invalid(const std::vector<IdRange>& lines);

}  // namespace pidns
