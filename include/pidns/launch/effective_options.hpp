#pragma once

#include "pidns/explain/log.hpp"
#include "pidns/explain/narrator.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// The options with what this run adds: the user's shell where no command is given, the IDs of the names of
/// --setuid and --setgid, and the user namespace that an unprivileged user needs. --init in a process that is
/// PID 1 already makes no namespace.
/// @throws Failure
Options complete(const Options& requested, Narrator& narrator, Log& log);

/// Whether this process is PID 1 already, and is to be the init of the command.
/// @param options as completed
bool uses_existing_init(const Options& options);

}  // namespace pidns
