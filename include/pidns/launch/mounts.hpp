#pragma once

#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Makes sure, before anything is changed, that every directory the options name exists, and that the host
/// will not see the new proc.
/// @throws sys::Error, Failure; both name the option
void check_directories(const Options& options);

/// In the child: propagation, --root, --wd, the new proc and binfmt_misc, in that order.
/// @throws sys::Error
void prepare_mounts(const Options& options, const sys::SyscallObserver& observer);

}  // namespace pidns
