#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "pidns/explain/step.hpp"
#include "pidns/sys/observer.hpp"

namespace pidns {

/// A process has entered another namespace.
struct NamespaceChange {
  int flag;  ///< its kind: one of CLONE_NEW*
  ino_t before;
  ino_t after;
};

/// Whose processes /proc shows.
enum class ProcShows {
  own_namespace,
  parent_namespace,  ///< or one further up
  nothing,           ///< it is not a proc, or not readable
};

/// State of the calling process (for Fork: of the child) after the call. A number that could not be read is
/// 0.
struct Observation {
  pid_t caller = 0;  ///< who made the call, by its PID in its own namespace; 0: the pidns that was started
  std::vector<NamespaceChange> changes = {};
  ino_t pid_namespace = 0;
  pid_t outside = 0;  ///< its PID in the namespace of the pidns that was started
  pid_t inside = 0;   ///< its PID in its own namespace
  ProcShows proc = ProcShows::own_namespace;
  pid_t proc_pid = 0;  ///< its PID in /proc
};

/// A system call, and what it changed.
Step describe_call(const sys::Call& call, const std::optional<sys::Result>& result,
                   const Observation& observed);

/// Why pidns creates a user namespace that was not asked for.
Step describe_added_user_namespace();

}  // namespace pidns
