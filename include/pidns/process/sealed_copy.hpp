#pragma once

#include <span>

namespace pidns {

/// Restarts pidns with the same words from a copy in memory that cannot be changed. In that copy it does
/// nothing. In namespaces of others, what runs there can reach the program file of a process that enters
/// them, through /proc/PID/exe or `#!/proc/self/exe`: that must not be the host's. CVE-2019-5736,
/// memfd_create(2).
/// @param words of this process, its name included
/// @throws Failure
void run_from_sealed_copy(std::span<char* const> words);

}  // namespace pidns
