#pragma once

#include <sys/types.h>

#include <string_view>

#include "pidns/util/options.hpp"

namespace pidns {

/// The PID namespace that a file keeps: --pid=FILE.
/// @param option for messages: `list`
/// @throws Failure when it keeps none
ino_t kept_pid_namespace(const Target& target, std::string_view option);

}  // namespace pidns
