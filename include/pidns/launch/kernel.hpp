#pragma once

#include <string>
#include <string_view>

namespace pidns {

/// The release of this kernel, as uname(2) tells it: `5.10.0-21-amd64`; empty when that fails.
std::string kernel_release();

/// What a message says of an older kernel.
inline constexpr std::string_view kernel_needed = "pidns needs 5.4 or later";

/// Whether pidns runs on a kernel with this release.
bool is_new_enough(std::string_view release);

/// @throws Failure on a kernel that is known to be older
void refuse_old_kernel();

}  // namespace pidns
