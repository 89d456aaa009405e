#pragma once

#include <string>
#include <vector>

#include "pidns/util/options.hpp"

namespace pidns {

/// What --check has found about one thing.
struct Finding {
  bool ok;
  std::string what;
  std::string text;  ///< what there is or, if it is not ok, what is wrong and the one thing to do
};

/// What --check prints: a line for each.
std::string to_text(const std::vector<Finding>& findings, bool colour);

/// The reason and the hint of what pidns has written on stderr, as one text.
std::string failure_text(std::string_view output, int status);

/// Whether pidns runs on a kernel with this release, as uname(2) tells it: `5.10.0-21-amd64`.
bool is_new_enough(std::string_view release);

/// Tries, in children, what pidns needs. The first is what `pidns COMMAND` does.
std::vector<Finding> check_machine();

}  // namespace pidns
