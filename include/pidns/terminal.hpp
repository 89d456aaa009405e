#pragma once

#include <sys/types.h>

#include "pidns/unique_fd.hpp"

namespace pidns {

/// The controlling terminal, as far as pidns has a part in it: a shell inside the namespace makes its own
/// process group the foreground one and cannot name the old one to put it back. Does nothing when there is no
/// terminal or pidns was started in the background.
class Terminal {
 public:
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  /// Makes our process group the foreground one again if the group that was has died with the namespace.
  ~Terminal();

  /// Remembers which group of the namespace has the foreground, before a stop.
  void note_stop();
  /// Gives that group the foreground again if it was given to us when we were continued.
  void note_continue() const;

 private:
  UniqueFd tty_;
  pid_t own_group_;
  pid_t group_before_stop_ = 0;
};

}  // namespace pidns
