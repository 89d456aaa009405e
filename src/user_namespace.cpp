#include "pidns/user_namespace.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <unistd.h>

#include "pidns/sys.hpp"

namespace pidns {

Ids current_ids() {
  return {::geteuid(), ::getegid()};
}

bool can_make_namespaces() {
  return sys::has_capability(CAP_SYS_ADMIN);
}

std::string map_line(IdentityMap map, unsigned outside) {
  return fmt::format("{} {} 1", map == IdentityMap::root ? 0 : outside, outside);
}

void write_identity_maps(IdentityMap map, Ids outer, const sys::Listener& listener) {
  if (map == IdentityMap::none) {
    return;
  }
  sys::write_file("/proc/self/uid_map", map_line(map, outer.user), listener);
  // Without privilege the kernel takes a gid_map only once setgroups(2) is forbidden: user_namespaces(7).
  sys::write_file("/proc/self/setgroups", "deny", listener);
  sys::write_file("/proc/self/gid_map", map_line(map, outer.group), listener);
}

}  // namespace pidns
