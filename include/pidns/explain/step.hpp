#pragma once

#include <string>
#include <vector>

namespace pidns {

/// One paragraph of what --explain narrates.
struct Step {
  std::string headline;
  std::vector<std::string> sentences = {};
  bool failed = false;
};

}  // namespace pidns
