#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// A process that COMMAND has left behind.
struct Leftover {
  pid_t pid;  ///< inside
  std::string command_line;
};

/// Finds what runs in the PID namespace of this process, which is its PID 1. To be called when COMMAND has
/// ended.
/// @return as many as can be found: none without a proc of this namespace
std::vector<Leftover> find_leftovers();

/// `2 processes were left: sleep 60 (7), cat (9)`
std::string describe(const std::vector<Leftover>& leftovers);

}  // namespace pidns
