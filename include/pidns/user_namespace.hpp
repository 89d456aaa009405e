#pragma once

#include <sys/types.h>

#include <string>

#include "pidns/listener.hpp"
#include "pidns/options.hpp"

namespace pidns {

struct Ids {
  uid_t user;
  gid_t group;
};

/// The effective ids. Read them before unshare(2): in a user namespace without maps they are the overflow
/// ids.
Ids current_ids();

/// Whether this process may make namespaces without a user namespace of its own: effective CAP_SYS_ADMIN.
bool can_make_namespaces();

/// One line of /proc/PID/uid_map or gid_map: user_namespaces(7).
std::string map_line(IdentityMap map, unsigned outside);

/// Writes the maps of the user namespace that this process has just made.
/// @param outer its ids before
/// @throws sys::Error
void write_identity_maps(IdentityMap map, Ids outer, const sys::Listener& listener);

}  // namespace pidns
