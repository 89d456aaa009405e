#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pidns/explain/log.hpp"
#include "pidns/launch/outside_helper.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// The file of /proc that stands for a namespace `creator` has created. PID and time namespaces are entered
/// by its children alone, and so have files of their own there.
/// @param creator its number there
/// @param kind one of CLONE_NEW*
std::string namespace_file(std::string_view creator, int kind);

/// Binds the new namespaces to files, which makes them persistent. The process that does it must stay
/// outside: a mount namespace can only be bound on a mount of an older mount namespace, and in a new user
/// namespace a process may not mount for those outside.
class NamespacePinner {
 public:
  /// To be made before the namespaces; starts no process when none is to be pinned. Opens the files, which
  /// are never looked up again: their directory may be another user's.
  /// @throws sys::Error, Failure if one is not a file that a namespace can be bound to
  NamespacePinner(const Options& options, Log& log);

  /// Binds the namespaces and waits until that is done. The kernel shows a PID namespace only once it has a
  /// first process, so that process, or a later one, has to call this.
  /// @throws Failure, and then none is bound
  void pin_all() const;

  /// Waits until the process outside exits.
  void wait();

 private:
  std::optional<OutsideHelper> outside_;
};

}  // namespace pidns
