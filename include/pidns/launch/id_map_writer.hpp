#pragma once

#include <string>

#include "pidns/launch/user_namespace.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Whether a process outside is needed to write some of the maps.
bool needs_outside_writer(const UserNamespacePlan& plan);

/// The process that writes.
enum class WriterSide { inside, outside };

/// Writes the maps of a user namespace that are written from this side.
/// @param pid a process in it, by its name in /proc
/// @param lifeline of run_and_capture(), for the tools; not used inside
/// @throws Failure, sys::Error
void write_id_maps(const UserNamespacePlan& plan, WriterSide side, const std::string& pid,
                   const UniqueFd& lifeline, const sys::SyscallObserver& observer);

}  // namespace pidns
