#pragma once

#include <string>
#include <string_view>

namespace pidns {

/// The release of this kernel, as uname(2) tells it: `5.10.0-21-amd64`.
std::string kernel_release();

/// Whether pidns runs on a kernel with this release.
bool is_new_enough(std::string_view release);

/// @throws Failure on a kernel that is older
void refuse_old_kernel();

}  // namespace pidns
