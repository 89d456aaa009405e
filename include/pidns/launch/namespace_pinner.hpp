#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pidns/process/child_process.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// The file of /proc that stands for a namespace `maker` has made. PID and time namespaces are entered by its
/// children alone, and so have files of their own there.
/// @param maker its number there
/// @param kind one of CLONE_NEW*
std::string namespace_file(std::string_view maker, int kind);

/// The option that keeps a namespace of this kind: `--net`.
std::string_view option_of_kind(int kind);

/// Makes sure, before anything is unshared, that every namespace asked for can be bound to its file.
/// @throws sys::Error, Failure
void verify_pinned(const Options& options);

/// A process that stays outside while we unshare, to bind the new namespaces to files there. Only from there
/// can it be done: the kernel takes a mount namespace on a mount of an older one alone, and inside a new user
/// namespace nobody may mount for those outside.
class NamespacePinner {
 public:
  /// To be made before the namespaces; starts no process when none is to be kept.
  explicit NamespacePinner(const Options& options);

  /// Has the namespaces bound, and waits for that. To be called when they are there: the kernel shows a PID
  /// namespace only once it has a first process, so that process, or a later one, has to ask.
  /// @throws Failure, and then none is bound
  void pin_all() const;

  /// Waits for the end of the process, which has nothing left to do once it has answered.
  void wait();

 private:
  std::optional<Process> outside_;  // destroyed last: it ends at the latest when its pipe hangs up
  sys::Pipe request_;
  sys::Pipe answer_;
};

}  // namespace pidns
