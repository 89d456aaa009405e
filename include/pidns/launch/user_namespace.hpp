#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pidns/launch/id_map.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/log.hpp"
#include "pidns/util/options.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

/// The effective ids. Read them before unshare(2): in a user namespace without maps they are the overflow
/// ids.
Ids current_ids();

/// Whether this process may make namespaces without a user namespace of its own: effective CAP_SYS_ADMIN.
bool can_make_namespaces();

/// Who writes a map.
enum class MapWriter {
  self,    ///< the process in the new user namespace
  helper,  ///< a process of ours that has stayed outside
  tool,    ///< newuidmap(1) or newgidmap(1), called by that helper: they know whose ids are whose
};

/// Whether it takes someone outside to write a map: the kernel lets a process map its own id by itself, more
/// takes a capability outside of the new user namespace: user_namespaces(7).
/// @param has_owner the process becomes somebody else before, and the id that is mapped is its own no more
bool needs_helper(const IdMapRequest& request, bool has_owner);

struct MapPlan {
  std::vector<IdRange> lines = {};
  MapWriter writer = MapWriter::self;
};

/// All that is to be done about the user namespace, with every name looked up and every file read.
struct UserNamespacePlan {
  MapPlan users = {};
  MapPlan groups = {};
  std::optional<Setgroups> setgroups = {};
  std::optional<Ids> owner = {};
};

/// Whether setgroups(2) is to be allowed or denied; nothing: as it is outside. Without privilege the kernel
/// takes a gid_map only once it is denied: user_namespaces(7).
std::optional<Setgroups> choose_setgroups(std::optional<Setgroups> asked, const MapPlan& groups);

/// Decides it, before anything is unshared.
/// @param mask the signal mask that programs called for it get
/// @throws Failure when a value cannot be right
UserNamespacePlan plan_user_namespace(const Options& options, SignalSet mask, Log& log);

/// Becomes the owner of the namespace that is about to be made: the kernel takes its maker for that.
void become_owner(const Ids& owner, const sys::SyscallObserver& observer);

}  // namespace pidns
