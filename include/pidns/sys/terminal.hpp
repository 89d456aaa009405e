#pragma once

#include <sys/types.h>
#include <termios.h>

#include <cstddef>
#include <optional>

#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// @return the controlling terminal; not valid when there is none
UniqueFd open_terminal();
/// @return the foreground process group; -1 when the terminal has been hung up
pid_t foreground_group(const UniqueFd& terminal);
/// Changes nothing when the terminal has been hung up or the group has died. From the background SIGTTOU must
/// be blocked: tcsetpgrp(3).
void set_foreground_group(const UniqueFd& terminal, pid_t group);
bool group_exists(pid_t group);
std::optional<std::size_t> width_of(const UniqueFd& terminal);
/// The width of the terminal that stdout, or stderr, is; nothing when it is not a terminal.
std::optional<std::size_t> stdout_width();
std::optional<std::size_t> stderr_width();
struct TerminalSize {
  std::size_t columns;
  std::size_t rows;
};
/// The size of the terminal that stdout is, at least 1 by 2; 80 by 24 where it is not known.
TerminalSize stdout_size();
/// Stops this process as long as it is in the background of its terminal: SIGTTOU, with its default action.
void stop_in_background(const UniqueFd& terminal);

/// Whether the keys that send a signal do so.
enum class SignalKeys { on, off };

/// Waits for a key. @return nothing when the terminal has been hung up
std::optional<char> read_key(const UniqueFd& terminal);

/// As long as it exists, keys arrive at once and are not shown. Not from the background: see
/// stop_in_background().
class KeyMode {
 public:
  explicit KeyMode(const UniqueFd& terminal, SignalKeys signal_keys = SignalKeys::on);
  KeyMode(const KeyMode&) = delete;
  KeyMode& operator=(const KeyMode&) = delete;
  ~KeyMode();

 private:
  const UniqueFd& terminal_;
  std::optional<termios> before_;  // nothing without a terminal, or after a hang-up
};

}  // namespace pidns::sys
