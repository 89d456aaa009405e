#pragma once

#include <sys/types.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/util/text.hpp"

namespace pidns {

struct Ids {
  uid_t user;
  gid_t group;

  bool operator==(const Ids&) const = default;
};

enum class IdKind { user, group };

inline constexpr unsigned no_id = std::numeric_limits<unsigned>::max();  ///< means "no ID" to the kernel

/// Reads an ID in decimal digits.
inline std::optional<unsigned> parse_id(std::string_view text) {
  const auto id = parse_number<unsigned>(text);
  return id == no_id ? std::nullopt : id;
}

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
    range,      ///< the IDs of `range`
    automatic,  ///< `auto`: the caller's subordinate IDs, on the lowest IDs inside that are free
    subids,     ///< `subids`: the caller's subordinate IDs, on themselves
    all,        ///< `all`: every ID that exists outside, on itself
  };
  Source source = Source::range;
  IdRange range{};
  bool old_form = false;  ///< written OUTER,INNER,COUNT

  bool operator==(const MapBlock&) const = default;
};

/// What the options ask for of one kind of IDs. With neither, no ID is mapped.
struct IdMapRequest {
  std::optional<std::string> current = {};  ///< --map-user, --map-group: the caller's ID inside, or its name
  std::vector<MapBlock> blocks = {};        ///< --map-users, --map-groups, in the order of the line
};

}  // namespace pidns
