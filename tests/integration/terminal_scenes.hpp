#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "terminal_shell.hpp"

namespace terminal_tools {

/// What a user does at a shell. Done with the command directly and with pidns before it, it must look the
/// same.
struct Scene {
  std::string name;
  std::function<void(Shell&)> play;
};

/// Ctrl-C, Ctrl-Z, fg, bg, a hang-up and so on, each with every command.
std::vector<Scene> scenes_of_every_command();
std::vector<Scene> scenes_of_one_signal();
std::vector<Scene> scenes_of_stops();
/// Scenes in which a PID 1 may act before pidns has looked at it: it sees the end of its child and goes on in
/// place of being killed, or it has handled a signal and removed its handler.
std::vector<Scene> scenes_of_haste();
/// Each of one command.
std::vector<Scene> other_scenes();

/// A command for the scenes that every command goes through.
struct Command {
  std::string line;
  Words processes;  ///< those to wait for
  Words ready;      ///< what the terminal shows, one after the other, when the command waits for keys
  bool redraws;     ///< it shows that again when it is continued
  bool reads_keys;  ///< so it stops in the background
  std::optional<std::string> at_ctrl_c;          ///< what it shows then; nothing: it ends
  std::optional<std::string> at_ctrl_backslash;  ///< what it shows then; nothing: it ends
  std::string quit;                              ///< the keys that end it
};

/// The commands of scenes_of_every_command(); bash is not one, as it has jobs of its own.
const std::vector<Command>& commands();
const Command& bash();

void wait_until_ready(Shell& shell, const Command& command);
void start(Shell& shell, const Command& command);
void bring_to_foreground(Shell& shell, const Command& command);
/// @return false if the command has redrawn its page and goes on
bool press_ctrl_z(Shell& shell, const Command& command);
void quit(Shell& shell, const Command& command);
/// Ends the job with `kill` and its options.
void end_by(Shell& shell, const std::string& kill);

/// The rest of a line that makes a job stop: bash goes on when it has heard of it.
constexpr auto until_stopped = R"sh(until [ "$(jobs -s)" ]; do :; done)sh";

}  // namespace terminal_tools
