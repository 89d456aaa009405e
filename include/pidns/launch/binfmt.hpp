#pragma once

#include <string>
#include <string_view>

#include "pidns/sys/observer.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Where binfmt_misc is mounted unless another place is named.
inline constexpr const char* default_binfmt = "/proc/sys/fs/binfmt_misc";

/// What is wrong with a definition of --load-interp, `:name:type:offset:magic:mask:interpreter:flags` with
/// any character for the colon; empty if nothing is.
std::string definition_error(std::string_view definition);

/// Whether a definition has the flag F: the kernel opens the interpreter when the definition is loaded, not
/// when it is needed.
bool is_fixed(std::string_view definition);

/// Before the root is changed: loads a fixed interpreter while the caller's files are still to be seen.
void load_fixed_interpreter(const Options& options, const sys::SyscallObserver& observer);

/// After proc is mounted, which has the directory for it: mounts binfmt_misc, and loads what has not been.
void mount_binfmt(const Options& options, const sys::SyscallObserver& observer);

}  // namespace pidns
