#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pidns/list/listing.hpp"

namespace pidns {

/// A line of a listing.
struct Line {
  enum class Colour { none, outside, inside };  ///< of a number: where it counts
  struct Piece {
    std::string text;
    Colour colour = Colour::none;
  };

  std::vector<Piece> pieces;
  /// What the line is about, so that it can be found in the next listing: the number of the namespace, and
  /// the PID, or 0 for the line of the namespace.
  std::pair<ino_t, pid_t> subject;
  bool is_zombie = false;
};

/// A listing as a tree for people: namespaces below their parents, and in each its processes likewise.
/// @param width at which lines are cut; nothing: they are not
std::vector<Line> to_lines(const Listing& listing, std::optional<std::size_t> width);

/// The same as text.
std::string to_text(const Listing& listing, std::optional<std::size_t> width, bool colour);

/// One line, without its end.
std::string to_text(const Line& line, bool colour);

/// The line of a namespace, without its makers: `pid:[4026532292]  root  3 processes`.
std::string header_text(const Listing::Namespace& ns);

/// `bash -c ...`, `[kworker]`, `[sh] <defunct>`
std::string command_text(const Listing::Process& process);

/// The processes whose parent is in the same list come below it.
/// @return the order, each with the branch to draw before it
struct Row {
  const Listing::Process* process;
  std::string branch;
};
std::vector<Row> process_tree(const std::vector<Listing::Process>& processes);

}  // namespace pidns
