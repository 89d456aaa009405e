#include "pidns/sys/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

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

std::optional<std::size_t> stdout_width() {
  return width_of(STDOUT_FILENO);
}

std::optional<std::size_t> stderr_width() {
  return width_of(STDERR_FILENO);
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
