#pragma once

#include "pidns/exit_status.hpp"
#include "pidns/log.hpp"
#include "pidns/options.hpp"

namespace pidns {

/// Runs the command in its namespaces and waits for it. With Options::fork unset it becomes the command and
/// does not return.
/// @throws Failure
Ending launch(Options options, Log& log);

}  // namespace pidns
