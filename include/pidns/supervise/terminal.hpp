#pragma once

#include <sys/types.h>

#include "pidns/util/unique_fd.hpp"

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

  /// The foreground process group; 0 when there is none that concerns us.
  [[nodiscard]] pid_t foreground() const;
  /// Gives the foreground to a group of the namespace, if it is ours to give.
  void pass_to(pid_t group) const;

 private:
  UniqueFd tty_;
  pid_t own_group_;
};

}  // namespace pidns
