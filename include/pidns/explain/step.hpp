#pragma once

#include <sys/types.h>

#include <concepts>
#include <string>
#include <vector>

namespace pidns {

/// One paragraph of what --explain narrates. Its texts may contain marks.
struct Step {
  std::string headline;
  std::vector<std::string> sentences = {};
  bool failed = false;
};

/// Marks in the texts of a step: from one on, the text is about the outside, the inside, or neither.
/// The layout turns them into colours, or leaves them out.
enum class Mark : char { outside = '\x01', inside = '\x02', none = '\x03' };

/// What is valid outside, and what is valid inside: a PID, the number of a namespace.
std::string mark_outside(const std::string& text);
std::string mark_inside(const std::string& text);
template <std::integral Number>
std::string mark_outside(Number number) {
  return mark_outside(std::to_string(number));
}
template <std::integral Number>
std::string mark_inside(Number number) {
  return mark_inside(std::to_string(number));
}

/// `41 -> 42`: the numbers of a namespace outside and inside, of which only the digits that differ are
/// marked.
std::string mark_change(ino_t outside, ino_t inside);

}  // namespace pidns
