#include "pidns/sys/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "call.hpp"
#include "pidns/sys/error.hpp"

namespace pidns::sys {

namespace {

std::optional<std::size_t> width_of(int terminal) {
  constexpr std::size_t usual = 80;
  winsize size{};
  if (retry([&] { return ::ioctl(terminal, TIOCGWINSZ, &size); }) == -1) {
    return std::nullopt;
  }
  return size.ws_col > 0 ? size.ws_col : usual;
}

}  // namespace

std::optional<std::size_t> width_of(const UniqueFd& terminal) {
  return width_of(terminal.get());
}

std::optional<std::size_t> stdout_width() {
  return width_of(STDOUT_FILENO);
}

std::optional<std::size_t> stderr_width() {
  return width_of(STDERR_FILENO);
}

TerminalSize stdout_size() {
  constexpr TerminalSize usual{.columns = 80, .rows = 24};
  winsize size{};
  if (retry([&] { return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size); }) == -1 || size.ws_col == 0) {
    return usual;
  }
  return {.columns = size.ws_col, .rows = std::max<std::size_t>(size.ws_row, 2)};
}

void stop_in_background(const UniqueFd& terminal) {
  termios settings{};
  // The kernel sends the signal to who sets, from the background, even what is set already.
  if (::tcgetattr(terminal.get(), &settings) == 0) {
    retry([&] { return ::tcsetattr(terminal.get(), TCSANOW, &settings); });
  }
}

std::optional<char> read_key(const UniqueFd& terminal) {
  char key = '\0';
  return retry([&] { return ::read(terminal.get(), &key, 1); }) == 1 ? std::optional(key) : std::nullopt;
}

KeyMode::KeyMode(const UniqueFd& terminal, SignalKeys signal_keys) : terminal_(terminal) {
  termios settings{};
  if (::tcgetattr(terminal.get(), &settings) == -1) {
    return;
  }
  before_ = settings;
  settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  if (signal_keys == SignalKeys::off) {
    settings.c_lflag &= ~static_cast<tcflag_t>(ISIG);
  }
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  retry([&] { return ::tcsetattr(terminal.get(), TCSANOW, &settings); });
}

KeyMode::~KeyMode() {
  if (before_) {
    retry([&] { return ::tcsetattr(terminal_.get(), TCSAFLUSH, &*before_); });
  }
}

UniqueFd open_terminal() {
  return above_stdio(retry([] { return ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC); }));
}

pid_t foreground_group(const UniqueFd& terminal) {
  return ::tcgetpgrp(terminal.get());
}

void set_foreground_group(const UniqueFd& terminal, pid_t group) {
  ::tcsetpgrp(terminal.get(), group);
}

bool group_exists(pid_t group) {
  return ::kill(-group, 0) == 0 || errno != ESRCH;
}

}  // namespace pidns::sys
