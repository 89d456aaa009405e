#include "pidns/explain/narrator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "pidns/proc/open_proc.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/shared_counter.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/sys/terminal.hpp"

namespace pidns {

namespace {

/// A PID among those of one process. @param levels how many PID namespaces there are from that of /proc to
/// the one whose number it is. @return 0 when there is none
pid_t pid_at(const std::vector<pid_t>& pids, std::size_t levels) {
  return levels > 0 && levels <= pids.size() ? pids[levels - 1] : 0;
}

pid_t innermost_pid(const std::vector<pid_t>& pids) {
  return pids.empty() ? ::getpid() : pids.back();
}

/// @return one without anything in it when the file cannot be read
ProcStatus status_of(int directory, const std::string& file) {
  try {
    return parse_status(sys::read_file(directory, file.c_str()));
  } catch (const sys::Error&) {
    return {};
  }
}

/// Looks at the /proc that the command is going to see.
void observe_proc(Observation& sight) {
  const ProcStatus own = status_of(AT_FDCWD, "/proc/self/status");
  sight.proc = own.pids.empty()       ? ProcShows::nothing
               : own.pids.size() == 1 ? ProcShows::own_namespace
                                      : ProcShows::namespace_above;
  sight.proc_pid = own.pid;
}

}  // namespace

class Narrator::Narration {
 public:
  Narration()
      : proc_(try_open_proc()),
        levels_(status_of(proc_.get(), "self/status").pids.size()),
        look_(choose_style(sys::stderr_width(), std::getenv("NO_COLOR"), std::getenv("TERM"))) {
    find_changes();
  }

  void tell(const Step& step) { sys::write_to_stderr(render(steps_.next(), step, look_)); }

  void tell_call(const sys::Call& call, std::optional<sys::Result> result) noexcept {
    const ProcStatus own = status_of(proc_.get(), "self/status");
    Observation sight{.outside = pid_at(own.pids, levels_), .inside = innermost_pid(own.pids)};
    const bool is_child = std::holds_alternative<sys::Fork>(call) && result->error == 0;
    // What fork(2) returns to the parent is told by the child.
    const ProcStatus caller = is_child ? status_of(proc_.get(), fmt::format("{}/status", own.parent)) : own;
    if (is_child) {
      result->value = pid_at(own.pids, caller.pids.size());
    }
    if (pid_at(caller.pids, levels_) != started_) {
      sight.caller = innermost_pid(caller.pids);
    }
    if (is_child || std::holds_alternative<sys::Unshare>(call) || std::holds_alternative<sys::SetNs>(call)) {
      sight.changes = find_changes();
    }
    sight.pid_namespace = number_of("pid");
    if (std::holds_alternative<sys::Execute>(call)) {
      observe_proc(sight);
    }
    tell(explain_call(call, result, sight));
  }

  [[nodiscard]] bool has_begun() const { return steps_.current() > 0; }

 private:
  /// Without it there is less to tell.
  static UniqueFd try_open_proc() {
    return sys::or_default_on_error([] { return open_proc(); });
  }

  /// Compares the namespaces of this process with those it was in before.
  std::vector<NamespaceChange> find_changes() {
    std::vector<NamespaceChange> changes;
    for (auto& [kind, number] : namespaces_) {
      const ino_t before = number;
      number = number_of(kind);
      if (number != before && number != 0) {
        changes.push_back({.kind = kind, .before = before, .after = number});
      }
    }
    return changes;
  }

  [[nodiscard]] ino_t number_of(std::string_view kind) const {
    try {
      return sys::inode_of(proc_.get(), fmt::format("self/ns/{}", kind).c_str());
    } catch (const sys::Error&) {
      return 0;
    }
  }

  struct Namespace {
    std::string_view kind;
    ino_t number = 0;
  };

  UniqueFd proc_;  // opened before another one is mounted over it
  pid_t started_ = ::getpid();
  std::size_t levels_;  // of PID namespaces, from that of /proc to our own
  Style look_;
  sys::SharedCounter steps_;
  std::array<Namespace, 8> namespaces_{
      {{"mnt"}, {"user"}, {"pid"}, {"uts"}, {"ipc"}, {"net"}, {"cgroup"}, {"time"}}};
};

Narrator::Narrator(bool enabled) {
  if (enabled) {
    narration_ = std::make_unique<Narration>();
    observer_ = [this](const sys::Call& call, const std::optional<sys::Result>& result) {
      narration_->tell_call(call, result);
    };
  }
}

Narrator::~Narrator() = default;

bool Narrator::has_begun() const {
  return narration_ && narration_->has_begun();
}

void Narrator::write(const Step& step) {
  narration_->tell(step);
}

}  // namespace pidns
