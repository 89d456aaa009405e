#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace pidns {

/// One paragraph of what --explain narrates. Its texts may contain marks.
struct Step {
  std::string headline;
  std::vector<std::string> sentences = {};
  bool failed = false;
};

/// Marks in the texts of a step: from one on, what stands there counts outside, inside, or on neither side.
/// The layout turns them into colours, or leaves them out.
enum class Mark : char { outside = '\x01', inside = '\x02', none = '\x03' };

/// A text that counts outside, and one that counts inside: a PID, the number of a namespace.
std::string mark_outside(const std::string& text);
std::string mark_inside(const std::string& text);
std::string mark_outside(ino_t number);
std::string mark_inside(ino_t number);

/// `41 -> 42`: the numbers of a namespace outside and inside, of which only the digits that differ are
/// marked.
std::string mark_change(ino_t outside, ino_t inside);

}  // namespace pidns
