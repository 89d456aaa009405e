#pragma once

#include "pidns/process/exit_status.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/log.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Runs the command in its namespaces and waits for it. With Options::fork unset it becomes the command and
/// does not return.
/// @throws Failure
ExitStatus launch(Options options, Log& log);

}  // namespace pidns
