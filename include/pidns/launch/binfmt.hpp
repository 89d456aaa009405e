#pragma once

#include "pidns/sys/observer.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Before the root is changed: loads a fixed interpreter while the caller's files are still visible.
void load_fixed_interpreter(const Options& options, const sys::SyscallObserver& observer);

/// After proc is mounted, which has the directory for it: mounts binfmt_misc, and loads what has not been
/// loaded.
void mount_binfmt(const Options& options, const sys::SyscallObserver& observer);

}  // namespace pidns
