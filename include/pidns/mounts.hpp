#pragma once

#include "pidns/listener.hpp"
#include "pidns/options.hpp"

namespace pidns {

/// Makes sure, before anything is changed, that every directory the options name is there.
/// @throws sys::Error, with the option's name
void verify_directories(const Options& options);

/// In the child: propagation, --root, --wd and the new proc, in that order.
/// @throws sys::Error
void prepare_mounts(const Options& options, const sys::Listener& listener);

}  // namespace pidns
