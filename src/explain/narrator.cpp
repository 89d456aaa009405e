#include "pidns/explain/narrator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "pidns/explain/call_effects.hpp"
#include "pidns/explain/layout.hpp"
#include "pidns/proc/open_proc.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/shared_counter.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/sys/terminal.hpp"
#include "pidns/util/colour.hpp"
#include "pidns/util/namespaces.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

namespace {

/// A process's PID in one of its PID namespaces.
/// @param pids of the process: NSpid
/// @param levels how many PID namespaces there are from that of /proc to the one in question
/// @return 0 when it has none there
pid_t pid_at(const std::vector<pid_t>& pids, std::size_t levels) {
  return levels > 0 && levels <= pids.size() ? pids[levels - 1] : 0;
}

pid_t innermost_pid(const std::vector<pid_t>& pids) {
  return pids.empty() ? ::getpid() : pids.back();
}

/// @return an empty one when the file cannot be read
ProcStatus try_read_status(int directory, const std::string& file) {
  return sys::or_default_on_error([&] { return read_status_at(directory, file.c_str()); });
}

/// Observes the /proc that the command is going to see.
void observe_proc(Observation& observed) {
  const ProcStatus own = try_read_status(AT_FDCWD, "/proc/self/status");
  observed.proc = own.pids.empty()       ? ProcShows::nothing
                  : own.pids.size() == 1 ? ProcShows::own_namespace
                                         : ProcShows::parent_namespace;
  observed.proc_pid = own.pid;
}

}  // namespace

class Narrator::Narration {
 public:
  explicit Narration(ColourWhen colour)
      : pids_(try_read_status(proc_.get(), "self/status").pids),
        levels_(pids_.size()),
        style_(choose_style(sys::stderr_width(), std::getenv("NO_COLOR"), std::getenv("TERM"))) {
    style_.colour = wants_colour(colour, sys::stderr_width().has_value(), read_colour_environment());
    update_namespaces();
  }

  void narrate(const Step& step) {
    sys::write_text(STDERR_FILENO, render(steps_.next(), step, style_), sys::Wait::no);
  }

  void narrate_call(const sys::Call& call, std::optional<sys::Result> result) noexcept {
    const ProcStatus own = try_read_status(proc_.get(), "self/status");
    Observation observed{.outside = pid_at(own.pids, levels_), .inside = innermost_pid(own.pids)};
    // The child narrates what fork(2) returns to the parent.
    const bool is_child = std::holds_alternative<sys::Fork>(call) && result->error == 0;
    const std::vector<pid_t> caller = is_child ? pids_ : own.pids;
    if (is_child) {
      result->value = pid_at(own.pids, caller.size());
      if (std::get<sys::Fork>(call).memory == sys::Memory::copied) {
        pids_ = own.pids;
      }
    }
    if (pid_at(caller, levels_) != started_) {
      observed.caller = innermost_pid(caller);
    }
    if (is_child || std::holds_alternative<sys::Unshare>(call) || std::holds_alternative<sys::SetNs>(call)) {
      observed.changes = update_namespaces();
    }
    observed.pid_namespace = namespace_number("pid");
    if (std::holds_alternative<sys::Execute>(call)) {
      observe_proc(observed);
    }
    narrate(describe_call(call, result, observed));
  }

  [[nodiscard]] bool has_begun() const { return steps_.current() > 0; }

 private:
  /// Reads the namespaces of this process. @return those that are not the ones read before
  std::vector<NamespaceChange> update_namespaces() {
    std::vector<NamespaceChange> changes;
    for (std::size_t i = 0; i < namespace_kinds.size(); ++i) {
      const ino_t before = std::exchange(namespaces_[i], namespace_number(namespace_kinds[i].file));
      if (namespaces_[i] != before && namespaces_[i] != 0) {
        changes.push_back({.flag = namespace_kinds[i].flag, .before = before, .after = namespaces_[i]});
      }
    }
    return changes;
  }

  /// @return 0 when it cannot be read
  [[nodiscard]] ino_t namespace_number(std::string_view file) const {
    return sys::or_default_on_error(
        [&] { return sys::inode_of(proc_.get(), fmt::format("self/ns/{}", file).c_str()); });
  }

  // Opened before another proc is mounted over it. Without one there is less to narrate.
  UniqueFd proc_ = sys::or_default_on_error([] { return open_proc(); });
  pid_t started_ = ::getpid();
  // Of the process whose memory this is: hidepid may hide it from a child that narrates its fork(2).
  std::vector<pid_t> pids_;
  std::size_t levels_;  // of PID namespaces, from that of /proc to our own
  Style style_;
  sys::SharedCounter steps_;
  std::array<ino_t, namespace_kinds.size()> namespaces_{};  // their numbers, in the order of the kinds
};

Narrator::Narrator(bool enabled, ColourWhen colour) {
  if (enabled) {
    narration_ = std::make_unique<Narration>(colour);
    observer_ = [this](const sys::Call& call, const std::optional<sys::Result>& result) {
      narration_->narrate_call(call, result);
    };
  }
}

Narrator::~Narrator() = default;

bool Narrator::has_begun() const {
  return narration_ && narration_->has_begun();
}

void Narrator::write(const Step& step) noexcept {
  try {
    narration_->narrate(step);
  } catch (const std::exception&) {
    // Without memory for it the step is not narrated.
  }
}

}  // namespace pidns
