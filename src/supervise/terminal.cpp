#include "pidns/supervise/terminal.hpp"

#include <unistd.h>

#include "pidns/sys/terminal.hpp"

namespace pidns {

Terminal::Terminal() : tty_(sys::open_terminal()), own_group_(::getpgrp()) {
  if (tty_.valid() && sys::foreground_group(tty_) != own_group_) {
    tty_.reset();
  }
}

Terminal::~Terminal() {
  if (!tty_.valid()) {
    return;
  }
  const pid_t group = sys::foreground_group(tty_);
  // A group that lives belongs to someone outside, such as the shell that has put us into the background
  // meanwhile.
  if (group != own_group_ && (group <= 0 || !sys::group_exists(group))) {
    sys::set_foreground_group(tty_, own_group_);
  }
}

pid_t Terminal::foreground() const {
  return tty_.valid() ? sys::foreground_group(tty_) : 0;
}

void Terminal::pass_to(pid_t group) const {
  if (foreground() == own_group_) {
    sys::set_foreground_group(tty_, group);
  }
}

}  // namespace pidns
