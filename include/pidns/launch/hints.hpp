#pragma once

#include <string>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What to do about a limit that allows no namespace of one of these kinds; empty: there is none.
/// @param namespaces CLONE_NEW*
std::string hint_for_zero_limit(int namespaces);

/// Adds to a failed system call the one thing to do about it, if its cause can be found on this machine.
/// Looks at the machine as it is now, so it is called where the call failed: in the child for the child's.
Failure diagnose(const sys::Error& error, const Options& options);

/// The same for a namespace that cannot be bound to its file; to be called outside, where the file is.
/// @param target the file, open
Failure diagnose_bind(const sys::Error& error, const PinnedNamespace& pinned, const UniqueFd& target);

}  // namespace pidns
