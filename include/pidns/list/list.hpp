#pragma once

#include <string>

#include "pidns/util/options.hpp"

namespace pidns {

/// What --list prints where it is not watched.
std::string list_namespaces(const ListRequest& request);

}  // namespace pidns
