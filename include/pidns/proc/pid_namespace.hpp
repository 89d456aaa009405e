#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// The number in `pid:[4026531836]`, the target of /proc/PID/ns/pid; 0 when it is another text.
ino_t pid_namespace_number(std::string_view link);

/// The PID namespace of a process.
/// @param process an open /proc/PID
/// @throws sys::Error
ino_t pid_namespace_of(const UniqueFd& process);
/// @param proc an open /proc
ino_t pid_namespace_of(const UniqueFd& proc, pid_t pid);

/// The PID namespace that the children of a process enter, if that is another than its own, as for a pidns
/// that waits for its command. @return 0 when it has made none, or we may not look
ino_t made_pid_namespace(const UniqueFd& process, ino_t own);

/// The mount option hidepid of a /proc that may hide processes from us; empty when it hides none.
/// @param proc an open /proc in which this process can be found
/// @param mountinfo the text of its self/mountinfo
/// @throws sys::Error
std::string hiding_option(const UniqueFd& proc, std::string_view mountinfo);

}  // namespace pidns
