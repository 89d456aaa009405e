#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pidns/list/tree.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// A line of a picture of --watch.
struct WatchedLine {
  enum class State { same, fresh, ended };
  Line line;
  State state;
};

/// The lines of a listing, those that are new marked, and between them those that were in the one before.
std::vector<WatchedLine> compare(const std::vector<Line>& before, const std::vector<Line>& now);

/// What a terminal shows of it: no more lines than there is room for.
std::string to_picture(const std::vector<WatchedLine>& lines, std::size_t height, bool colour);

/// How long a picture is shown. It takes a twentieth of a processor at most, however long it takes to make
/// one.
/// @param asked what the user wants
/// @param took the processor's time that this picture has taken
std::chrono::milliseconds time_to_show(std::chrono::milliseconds asked, std::chrono::milliseconds took);

/// Shows the listing again and again on the alternate screen of the terminal, until q or a signal ends it.
/// @return how pidns is to end: by the signal, if one has ended it
/// @throws Failure, sys::Error, after the terminal is as before
ExitStatus watch_namespaces(const ListRequest& request);

}  // namespace pidns
