#pragma once

#include <string>

#include "pidns/list/listing.hpp"

namespace pidns {

/// A listing as one JSON document.
std::string to_json(const Listing& listing);

}  // namespace pidns
