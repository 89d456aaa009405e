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

/// Tries, in children, what pidns needs. The first is what `pidns COMMAND` does.
std::vector<Finding> check_machine();

}  // namespace pidns
