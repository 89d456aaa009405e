#include "pidns/explainer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "pidns/own_proc.hpp"
#include "pidns/proc_status.hpp"
#include "pidns/sys.hpp"

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
void see_proc(Sight& sight) {
  const ProcStatus own = status_of(AT_FDCWD, "/proc/self/status");
  sight.proc = own.pids.empty()       ? ProcShows::nothing
               : own.pids.size() == 1 ? ProcShows::own_namespace
                                      : ProcShows::namespace_above;
  sight.in_proc = own.pid;
}

}  // namespace

class Explainer::Narrator {
 public:
  Narrator()
      : proc_(open_proc()),
        levels_(status_of(proc_.get(), "self/status").pids.size()),
        look_(choose_look(sys::stderr_width(), std::getenv("NO_COLOR"), std::getenv("TERM"))) {
    find_changes();
  }

  void tell(const Step& step) { sys::write_to_stderr(lay_out(steps_.next(), step, look_)); }

  void tell_call(const sys::Call& call, std::optional<sys::Result> result) noexcept {
    const ProcStatus own = status_of(proc_.get(), "self/status");
    Sight sight{.outside = pid_at(own.pids, levels_), .inside = innermost_pid(own.pids)};
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
      see_proc(sight);
    }
    tell(explain_call(call, result, sight));
  }

  [[nodiscard]] bool has_begun() const { return steps_.current() > 0; }

 private:
  /// Without it there is less to tell.
  static UniqueFd open_proc() {
    try {
      return open_own_proc();
    } catch (const sys::Error&) {
      return {};
    }
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
  Look look_;
  sys::SharedCounter steps_;
  std::array<Namespace, 8> namespaces_{
      {{"mnt"}, {"user"}, {"pid"}, {"uts"}, {"ipc"}, {"net"}, {"cgroup"}, {"time"}}};
};

Explainer::Explainer(const Options& options) {
  if (options.explain) {
    narrator_ = std::make_unique<Narrator>();
    listener_ = [this](const sys::Call& call, const std::optional<sys::Result>& result) {
      narrator_->tell_call(call, result);
    };
  }
}

Explainer::~Explainer() = default;

bool Explainer::has_begun() const {
  return narrator_ && narrator_->has_begun();
}

void Explainer::write(const Step& step) {
  narrator_->tell(step);
}

}  // namespace pidns
