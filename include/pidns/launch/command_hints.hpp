#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

enum class FileKind { none, directory, empty_file, other };

/// A command that could not be executed, and what was found about its first word.
struct FailedCommand {
  const std::vector<std::string>& words;
  CommandPlace place;
  int status;     ///< status_not_found or status_cannot_execute
  FileKind kind;  ///< of the file that the first word names
  /// Whether a program of that name is in PATH.
  std::function<bool(const std::string& name)> is_program;
};

/// What the command may have been meant as: a value, a line for a shell, an option. Empty when nothing speaks
/// for any of them.
std::string hint_for_command(const FailedCommand& failed);

/// Adds that to a failure, where it says more than the hint that is there. To be called where the command was
/// looked up.
Failure diagnose_command(const Failure& failure, const Options& options);

}  // namespace pidns
