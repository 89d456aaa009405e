#include "pidns/terminal.hpp"

#include <fcntl.h>

#include <cerrno>
#include <csignal>

#include "pidns/sys.hpp"

namespace pidns {

Terminal::Terminal() : tty_(sys::open_terminal()), own_group_(::getpgrp()) {
  if (tty_.valid() && foreground() != own_group_) {
    tty_.reset();
  }
}

// SIGTTOU is blocked all the while, so the calls below work from the background too: tcsetpgrp(3). A terminal
// that has been hung up fails them, and then there is nothing to put right.
pid_t Terminal::foreground() const {
  return ::tcgetpgrp(tty_.get());
}
void Terminal::set_foreground(pid_t group) const {
  ::tcsetpgrp(tty_.get(), group);
}

Terminal::~Terminal() {
  if (!tty_.valid()) {
    return;
  }
  const pid_t group = foreground();
  // A group that lives belongs to someone outside, such as the shell that has put us into the background
  // meanwhile.
  if (group != own_group_ && (group <= 0 || (::kill(-group, 0) == -1 && errno == ESRCH))) {
    set_foreground(own_group_);
  }
}

void Terminal::note_stop() {
  group_before_stop_ = tty_.valid() ? foreground() : 0;
}

void Terminal::note_continue() const {
  if (group_before_stop_ > 0 && group_before_stop_ != own_group_ && foreground() == own_group_) {
    set_foreground(group_before_stop_);
  }
}

}  // namespace pidns
