#pragma once

#include <optional>
#include <string>

#include "pidns/launch/user_namespace.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

/// Whether anything is left for a process outside to write.
bool has_work_for_helper(const UserNamespacePlan& plan);

/// Writes what this process can write about its own new user namespace.
void write_own_maps(const UserNamespacePlan& plan, const sys::SyscallObserver& observer);

/// A process that stays outside of the user namespace that this one is about to make, to write its maps.
class MapHelper {
 public:
  /// @param mask the signal mask that newuidmap and newgidmap get
  MapHelper(const Options& options, const UserNamespacePlan& plan, SignalSet mask,
            const sys::SyscallObserver& observer);

  /// To be called once the user namespace is made. @throws Failure, sys::Error
  void write_maps();

 private:
  [[noreturn]] void run(const Options& options, const UserNamespacePlan& plan, SignalSet mask,
                        const sys::SyscallObserver& observer) noexcept;

  std::optional<Process> process_;  // destroyed last: it ends at the latest when its pipe hangs up
  sys::Pipe go_;
  sys::Pipe report_;
};

}  // namespace pidns
