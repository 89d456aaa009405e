#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "pidns/list/listing.hpp"

namespace pidns {

/// A listing as a tree for people: namespaces below their parents, and in each its processes likewise.
/// @param width at which lines are cut; nothing: they are not
std::string to_text(const Listing& listing, std::optional<std::size_t> width);

}  // namespace pidns
