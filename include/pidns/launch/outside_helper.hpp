#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pidns/process/child_process.hpp"
#include "pidns/sys/channels.hpp"

namespace pidns {

/// A process that stays outside the namespaces that this one is about to create, for one job that can only be
/// done there.
class OutsideHelper {
 public:
  /// @param job what the helper does with the text of the request; run() throws what it throws, as a Failure.
  /// Its lifeline hangs up when the process that made the helper ends
  explicit OutsideHelper(
      const std::function<void(const std::string& request, const UniqueFd& lifeline)>& job);

  /// Has the job done and waits for the answer; may be called in a child of the process that made the helper.
  /// @param request not empty, at most PIPE_BUF bytes
  /// @param what for the message when the helper has died: `cannot map IDs`
  /// @throws Failure
  void run(std::string_view request, std::string_view what) const;

  /// Waits until the helper exits, which it does after its one job. Not killed instead: with --owner it is
  /// another user's by now.
  void wait() { process_->wait(); }

 private:
  std::optional<ChildProcess> process_;  // destroyed last: it ends at the latest when its pipe hangs up
  sys::Pipe request_;
  sys::Pipe answer_;
};

}  // namespace pidns
