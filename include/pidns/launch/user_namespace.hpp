#pragma once

#include <optional>
#include <vector>

#include "pidns/explain/log.hpp"
#include "pidns/signal/caller_signals.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// The effective IDs. Read them before unshare(2): in a user namespace without maps they are the overflow
/// IDs.
Ids current_ids();

/// Whether this process may create namespaces without a user namespace of its own: effective CAP_SYS_ADMIN.
bool can_create_namespaces();

/// The process that writes a map.
enum class MapWriter {
  self,    ///< the one in the new user namespace
  helper,  ///< one of ours that has stayed outside
  tool,    ///< newuidmap(1) or newgidmap(1), called by that helper: they know which IDs belong to which user
};

/// Whether a process outside must write a map: the kernel lets a process map its own ID by itself, and more
/// requires a capability outside the new user namespace. user_namespaces(7)
/// @param has_owner --owner changes our IDs first, so the mapped ID is no longer ours
bool needs_helper(const IdMapRequest& request, bool has_owner);

struct MapPlan {
  std::vector<IdRange> lines = {};
  MapWriter writer = MapWriter::self;
};

/// What is to be done about the user namespace, with every name looked up and every file read.
struct UserNamespacePlan {
  MapPlan users = {};
  MapPlan groups = {};
  std::optional<Setgroups> setgroups = {};
  std::optional<Ids> owner = {};
};

/// Whether setgroups(2) is to be allowed or denied; nothing: as it is outside. Without privilege the kernel
/// accepts a gid_map only once it is denied: user_namespaces(7).
std::optional<Setgroups> choose_setgroups(std::optional<Setgroups> asked, const MapPlan& groups);

/// @throws Failure when a value cannot be right
UserNamespacePlan plan_user_namespace(const Options& options, Log& log);

/// Creates the user namespace, together with all others of the options, and writes its maps.
/// While it waits for tools of the system, signals act on this process as they did on its caller.
/// @throws Failure, sys::Error
void create_user_namespace(const Options& options, const CallerSignals& caller,
                           const sys::SyscallObserver& observer, Log& log);

}  // namespace pidns
