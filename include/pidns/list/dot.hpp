#pragma once

#include <string>

#include "pidns/list/listing.hpp"

namespace pidns {

/// A listing as a graph for dot(1) of Graphviz: namespaces are nested clusters, processes are nodes with
/// their PIDs on all levels, and an edge leads from each process to its children.
std::string to_dot(const Listing& listing);

}  // namespace pidns
