#pragma once

#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Makes sure, before anything is changed, that every directory the options name exists.
/// @throws sys::Error, with the option's name
void check_directories(const Options& options);

/// In the child: propagation, --root, --wd and the new proc, in that order.
/// @throws sys::Error
void prepare_mounts(const Options& options, const sys::SyscallObserver& observer);

}  // namespace pidns
