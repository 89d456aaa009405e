#pragma once

#include <sys/types.h>

#include <map>
#include <optional>

#include "pidns/list/listing.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Finds who made a namespace, and the chain of parents that led to it. Reads each process once.
class MakerFinder {
 public:
  /// @param proc an open /proc
  explicit MakerFinder(const UniqueFd& proc) : proc_(proc) {}

  std::optional<Listing::Maker> find(const Listing::Namespace& ns);

 private:
  struct Parent {
    Listing::Ancestor process;
    pid_t parent;
    bool is_pid_1;
  };

  const std::optional<Parent>& look_up(pid_t pid);

  const UniqueFd& proc_;
  std::map<pid_t, std::optional<Parent>> parents_;
};

}  // namespace pidns
