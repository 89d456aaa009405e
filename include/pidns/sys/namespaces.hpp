#pragma once

#include <string>

#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// @param flags CLONE_NEW* of clone(2)
void unshare(int flags, const SyscallObserver& observer);
/// Enters namespaces of another process: setns(2).
/// @param file its pidfd, since Linux 5.8, or an open /proc/PID/ns/NAME
/// @param flags CLONE_NEW*; of a file just its own
/// @param context what to say when it fails
void enter_namespaces(const UniqueFd& file, int flags, const std::string& context,
                      const SyscallObserver& observer);
/// @param pid_namespace an open /proc/PID/ns/pid
/// @return the namespace around it; not valid when that is outside our own, or there is none
UniqueFd parent_namespace(const UniqueFd& pid_namespace);
/// Whether an open file stands for a PID namespace.
bool is_pid_namespace(const UniqueFd& file);
/// The number of the user namespace that owns another namespace; 0 when that is outside our own.
ino_t owning_user_namespace(const UniqueFd& any_namespace);
/// Whether PID namespaces made here would be too many levels deep: pid_namespaces(7), "Nesting".
bool at_deepest_pid_namespace();

}  // namespace pidns::sys
