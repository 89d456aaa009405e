#include "pidns/explain/call_effects.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "pidns/explain/format_call.hpp"
#include "pidns/util/namespaces.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

using Sentences = std::vector<std::string>;

std::string arrow(const NamespaceChange& change) {
  return fmt::format("{} {}", namespace_kind(change.flag).file, mark_change(change.before, change.after));
}

/// Two of them fit into a line.
void add_arrows(Sentences& sentences, const std::vector<NamespaceChange>& changes) {
  for (std::size_t i = 0; i < changes.size(); i += 2) {
    sentences.push_back(i + 1 < changes.size() ? arrow(changes[i]) + ", " + arrow(changes[i + 1])
                                               : arrow(changes[i]));
  }
}

/// @param which of the PID and time namespaces: `new` or `other`
void add_namespaces_of_children(Sentences& sentences, int flags, ino_t pid_namespace,
                                std::string_view which) {
  if ((flags & CLONE_NEWPID) != 0) {
    sentences.push_back(fmt::format("pidns stays in PID namespace {}: only children enter the {} one.",
                                    mark_outside(pid_namespace), which));
  }
  if ((flags & CLONE_NEWTIME) != 0) {
    sentences.push_back(
        fmt::format("pidns keeps its clocks: only its children enter the {} time namespace.", which));
  }
}

Sentences describe(const sys::Unshare& call, const Observation& observed) {
  Sentences sentences;
  if (observed.changes.size() == 1) {
    const NamespaceChange& change = observed.changes.front();
    sentences.push_back(fmt::format("{}: {}.", namespace_kind(change.flag).meaning, arrow(change)));
  } else {
    add_arrows(sentences, observed.changes);
  }
  add_namespaces_of_children(sentences, call.flags, observed.pid_namespace, "new");
  return sentences;
}

Sentences describe(const sys::SetNs& call, const Observation& observed) {
  Sentences sentences;
  if (observed.changes.size() == 1) {
    const NamespaceChange& change = observed.changes.front();
    sentences.push_back(fmt::format("pidns has joined another {} namespace: {}.",
                                    namespace_kind(change.flag).title, arrow(change)));
  } else {
    add_arrows(sentences, observed.changes);
  }
  // Unlike unshare(2), setns(2) enters a time namespace at once.
  add_namespaces_of_children(sentences, call.flags & ~CLONE_NEWTIME, observed.pid_namespace, "other");
  return sentences;
}

/// Both PIDs of a child.
std::string describe_pids(const Observation& observed) {
  return observed.outside != observed.inside
             ? fmt::format("PID {} outside is PID {} inside", mark_outside(observed.outside),
                           mark_inside(observed.inside))
             : fmt::format("the child is PID {}, in the same PID namespace", observed.inside);
}

Sentences describe(const sys::Fork& call, const Observation& observed) {
  std::string pids = describe_pids(observed);
  if (observed.caller == 1) {
    pids += "; pidns stays PID 1";
  }
  Sentences sentences;
  for (const NamespaceChange& change : observed.changes) {
    if (change.flag == CLONE_NEWPID) {
      pids += ": " + arrow(change);
    } else {
      sentences.push_back(fmt::format("The child has its own clocks: {}.", arrow(change)));
    }
  }
  const bool is_vfork = call.memory == sys::Memory::shared;
  if (is_vfork && observed.changes.empty()) {
    pids = "A cheaper fork(): " + pids;
  } else if (is_vfork) {
    sentences.emplace_back("vfork() is a cheaper fork().");
  }
  sentences.push_back(pids + ".");
  return sentences;
}

std::string describe_propagation(const sys::Mount& call) {
  if ((call.flags & MS_PRIVATE) != 0) {
    return std::strcmp(call.target, "/") == 0
               ? "From now on, mounts made inside are visible only inside."
               : fmt::format("From now on, what is mounted on {} is visible only inside.", call.target);
  }
  return (call.flags & MS_SLAVE) != 0
             ? "Mounts made inside are not visible outside; mounts made outside are visible inside."
             : "Mounts made inside are visible outside, and mounts made outside are visible inside.";
}

Sentences describe(const sys::Mount& call, const Observation&) {
  const std::string_view type = call.type == nullptr ? "" : call.type;
  if (type.empty()) {
    return {describe_propagation(call)};
  }
  if (type == "binfmt_misc") {
    return {fmt::format("{} now shows the interpreters of this user namespace.", call.target)};
  }
  return {fmt::format("{} now shows the new PID namespace: ps lists only the processes in it.", call.target)};
}

Sentences describe(const sys::Chroot& call, const Observation&) {
  return {fmt::format("From now on, every path that starts with / starts in {}.", call.path)};
}

Sentences describe(const sys::Chdir& call, const Observation&) {
  return {fmt::format("The working directory is now {}.", call.path)};
}

Sentences describe(const sys::Open&, const Observation&) {
  return {};
}

/// @param line of a uid_map or gid_map, as `0 1000 1`: user_namespaces(7)
/// @param who `user` or `group`, and with a capital letter
std::string describe_map_line(std::string_view line, std::string_view who, std::string_view capitalized) {
  const auto next_number = [&] { return leading_number<unsigned>(consume_until(line, ' ')); };
  const unsigned inside = next_number();
  const unsigned outside = next_number();
  const unsigned count = next_number();
  if (count == 1) {
    return fmt::format("{} {} inside is {} {} outside.", capitalized, inside, who, outside);
  }
  return fmt::format("{}s {} to {} inside are {} to {} outside.", capitalized, inside, inside + (count - 1),
                     outside, outside + (count - 1));
}

/// Whether such a file maps just one ID, to itself: what an ordinary user gets unasked.
bool maps_one_to_itself(std::string_view line) {
  const std::string_view inside = consume_until(line, ' ');
  return inside == consume_until(line, ' ') && consume_until(line, '\n') == "1" && line.empty();
}

std::string describe_id_map(std::string_view text, bool is_user) {
  const std::string_view who = is_user ? "user" : "group";
  Sentences sentences;
  while (!text.empty()) {
    sentences.push_back(describe_map_line(consume_until(text, '\n'), who, is_user ? "User" : "Group"));
  }
  sentences.push_back(fmt::format("No other {} exists inside.", who));
  return fmt::format("{}", fmt::join(sentences, " "));
}

Sentences describe(const sys::Write& call, const Observation&) {
  const std::string_view path = call.path;
  if (path.ends_with("/timens_offsets")) {
    return {"The clocks inside are now ahead of those outside by that many seconds, or behind if negative."};
  }
  if (path.ends_with("/register")) {
    return {"Inside, that interpreter now runs files of this kind."};
  }
  if (path.ends_with("/setgroups") && call.text == "allow") {
    return {"setgroups(2) stays allowed inside."};
  }
  if (path.ends_with("/setgroups")) {
    return {};  // an order that the kernel wants, and no change: docs/explain.md
  }
  if (maps_one_to_itself(call.text)) {
    return {};  // the call says it all
  }
  return {describe_id_map(call.text, path.ends_with("/uid_map"))};
}

Sentences describe(const sys::Setsid&, const Observation&) {
  return {"This process now leads its own session, without a terminal."};
}

Sentences describe(const sys::SetParentDeathSignal& call, const Observation& observed) {
  const bool of_pidns = observed.caller == 0;  // the others are made by pidns
  if (call.signal == SIGKILL && observed.caller == 1) {
    return {"If pidns dies, so does PID 1, and with it every process inside."};
  }
  return {fmt::format("If {} dies, the kernel sends {} to this process.",
                      of_pidns ? "the process that has started pidns" : "pidns", signal_name(call.signal))};
}

Sentences describe(const sys::SetUndumpable&, const Observation&) {
  return {"Now only root can read the memory of pidns."};
}

Sentences describe(const sys::DropGroups&, const Observation&) {
  return {"This process no longer has supplementary groups."};
}

Sentences describe(const sys::SetUser& call, const Observation&) {
  return {fmt::format("This process is now user {} inside.", call.id)};
}

Sentences describe(const sys::SetGroup& call, const Observation&) {
  return {fmt::format("This process is now group {} inside.", call.id)};
}

/// What --no-fork leads to.
Sentences describe_trap(std::string_view program, const Observation& observed) {
  return {
      fmt::format("Same process, same PID {}: it is about to run {}.", observed.inside, program),
      fmt::format("It stays in PID namespace {}. Its first child enters the new one, as PID 1.",
                  mark_outside(observed.pid_namespace)),
      "When that child ends, the kernel closes the namespace: every later fork fails with ENOMEM (Cannot "
      "allocate memory).",
      "As the command takes the place of pidns, the narration ends here.",
  };
}

Sentences describe(const sys::Execute& call, const Observation& observed) {
  const std::string program = on_one_line(call.arguments.front());
  if (observed.caller == 0) {
    return describe_trap(program, observed);
  }
  Sentences sentences{
      fmt::format("Same process, same PID {}: now it runs {}.", mark_inside(observed.inside), program)};
  if (observed.proc == ProcShows::parent_namespace) {
    sentences.push_back(
        fmt::format("/proc is still that of the parent namespace: ps lists the processes outside, among them "
                    "{} as PID {}, and /proc/{} is another process.",
                    program, mark_outside(observed.proc_pid), observed.inside));
  } else if (observed.proc == ProcShows::nothing) {
    sentences.emplace_back("There is no /proc here: ps has nothing to read.");
  }
  return sentences;
}

/// fork(2) returns a PID in the namespace of its caller.
std::string format_fork(const sys::Call& call, const sys::Result& result, const Observation& observed) {
  return fmt::format("{} = {}", format_call(call, std::nullopt),
                     observed.caller == 0 ? mark_outside(result.value) : mark_inside(result.value));
}

/// Only what the error itself does not say: after most errors pidns exits with a message.
std::string describe_error(const sys::Call& call, int error) {
  const auto* mount = std::get_if<sys::Mount>(&call);
  if (mount != nullptr && mount->type == nullptr && error == EINVAL) {
    return fmt::format("{} is not a mount point.", mount->target);
  }
  if (std::holds_alternative<sys::Execute>(call)) {
    return "This process is still pidns, and now exits.";
  }
  return "The call failed and changed nothing.";
}

}  // namespace

Step describe_call(const sys::Call& call, const std::optional<sys::Result>& result,
                   const Observation& observed) {
  const bool failed = result && result->error != 0;
  const std::string who =
      observed.caller == 0 ? std::string() : mark_inside(fmt::format("PID {}", observed.caller)) + ": ";
  const bool made_child = std::holds_alternative<sys::Fork>(call) && result && !failed;
  return {
      .headline = who + (made_child ? format_fork(call, *result, observed) : format_call(call, result)),
      .sentences = failed ? Sentences{describe_error(call, result->error)}
                          : std::visit([&](const auto& made) { return describe(made, observed); }, call),
      .failed = failed,
  };
}

Step describe_added_user_namespace() {
  return {.headline = "CAP_SYS_ADMIN is missing: pidns adds a user namespace, which grants it"};
}

}  // namespace pidns
