#pragma once

#include <sys/types.h>

#include "pidns/explain/log.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Enters the user, PID and mount namespaces of another process, as far as they are not ours already. As with
/// unshare(2), only our children are in the PID namespace.
/// @param pid as /proc shows it
/// @throws sys::Error
void join_namespaces(pid_t pid, const UniqueFd& proc, const sys::SyscallObserver& observer, Log& log);

}  // namespace pidns
