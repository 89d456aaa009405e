#pragma once

#include <string>
#include <string_view>

namespace pidns {

/// What a security module confines a process to: `the AppArmor profile docker-default`, `the SELinux type
/// container_t`. Empty when it is not confined.
/// @param text of /proc/PID/attr/current
std::string describe_confinement(std::string_view text);

}  // namespace pidns
