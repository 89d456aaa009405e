#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/util/ids.hpp"

namespace pidns {

/// Reads the text of /proc/PID/uid_map or gid_map.
std::vector<IdRange> parse_id_map(std::string_view text);

/// The text that the kernel takes for these lines, and newuidmap(1) as separate words.
std::string format_id_map(const std::vector<IdRange>& lines);

/// Whether one of our users or groups exists in a user namespace.
/// @param map the text of /proc/PID/uid_map or gid_map: user_namespaces(7)
bool is_mapped(std::string_view map, unsigned id);

/// Finds the first range of a user in /etc/subuid or /etc/subgid, mapped on itself: subuid(5).
/// @param name the user's; empty when the ID has none
std::optional<IdRange> find_subordinate_ids(std::string_view text, std::string_view name, unsigned id);

/// Makes the lines of a map. The caller's current ID comes first and takes precedence: a block leaves out the
/// ID that overlaps it, inside or outside, and is one ID shorter. An `automatic` block that overlaps it
/// inside is extended by one ID instead.
/// @param blocks with their ranges filled in
std::vector<IdRange> build_id_map(const std::optional<IdRange>& current, const std::vector<MapBlock>& blocks);

/// Why the kernel would refuse a range, or these lines as a map; empty if it would not, as far as they can
/// tell.
std::string why_invalid(const IdRange& range);
std::string why_invalid(const std::vector<IdRange>& lines);

}  // namespace pidns
