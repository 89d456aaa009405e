#include "pidns/explain/explain.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <sys/mount.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// One function object made of several: what std::visit takes.
template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

// As strace(1) writes it

struct Flag {
  unsigned long bits;
  std::string_view name;
};

// In the order of their bits, which is strace's.
constexpr std::array clone_flags{
    Flag{CLONE_NEWTIME, "CLONE_NEWTIME"},     Flag{CLONE_NEWNS, "CLONE_NEWNS"},
    Flag{CLONE_NEWCGROUP, "CLONE_NEWCGROUP"}, Flag{CLONE_NEWUTS, "CLONE_NEWUTS"},
    Flag{CLONE_NEWIPC, "CLONE_NEWIPC"},       Flag{CLONE_NEWUSER, "CLONE_NEWUSER"},
    Flag{CLONE_NEWPID, "CLONE_NEWPID"},       Flag{CLONE_NEWNET, "CLONE_NEWNET"},
};
constexpr std::array mount_flags{
    Flag{MS_NOSUID, "MS_NOSUID"}, Flag{MS_NODEV, "MS_NODEV"},     Flag{MS_NOEXEC, "MS_NOEXEC"},
    Flag{MS_REC, "MS_REC"},       Flag{MS_PRIVATE, "MS_PRIVATE"}, Flag{MS_SLAVE, "MS_SLAVE"},
    Flag{MS_SHARED, "MS_SHARED"},
};
constexpr std::array open_flags{Flag{O_WRONLY, "O_WRONLY"}, Flag{O_NOCTTY, "O_NOCTTY"},
                                Flag{O_CLOEXEC, "O_CLOEXEC"}};

std::string symbolic(unsigned long flags, std::span<const Flag> known) {
  std::vector<std::string> names;
  for (const auto& [bits, name] : known) {
    if ((flags & bits) == bits) {
      names.emplace_back(name);
      flags &= ~bits;
    }
  }
  if (flags != 0 || names.empty()) {
    names.push_back(flags == 0 ? "0" : fmt::format("{:#x}", flags));
  }
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string symbolic(int flags, std::span<const Flag> known) {
  return symbolic(static_cast<unsigned long>(static_cast<unsigned>(flags)), known);
}

std::string escape(char c, char next) {
  constexpr std::string_view letters = "\t\n\v\f\r";
  if (const auto letter = letters.find(c); letter != std::string_view::npos) {
    return fmt::format("\\{}", "tnvfr"[letter]);
  }
  if (c == '"' || c == '\\') {
    return fmt::format("\\{}", c);
  }
  if (c >= ' ' && c <= '~') {
    return {c};
  }
  const bool digit_follows = next >= '0' && next <= '7';
  return fmt::format("\\{:0{}o}", static_cast<unsigned char>(c), digit_follows ? 3 : 1);
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted += escape(text[i], i + 1 < text.size() ? text[i + 1] : '\0');
  }
  return quoted + '"';
}

/// Of a text that is no path, strace shows the start.
std::string quote_start(std::string_view text) {
  constexpr std::size_t longest = 32;
  return quote(text.substr(0, longest)) + (text.size() > longest ? "..." : "");
}

std::string format_arguments(const std::vector<char*>& arguments) {
  constexpr std::size_t most = 32;
  std::vector<std::string> quoted;
  for (const char* argument : arguments) {
    if (argument != nullptr) {
      quoted.push_back(quoted.size() < most ? quote_start(argument) : "...");
    }
    if (quoted.size() > most) {
      break;
    }
  }
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string_view name_of(sys::Memory memory) {
  return memory == sys::Memory::shared ? "vfork" : "fork";
}

std::string format_request(const sys::Call& call) {
  return std::visit(
      Overloaded{
          [](const sys::Unshare& made) {
            return fmt::format("unshare({})", symbolic(made.flags, clone_flags));
          },
          [](const sys::SetNs& made) {
            return fmt::format("setns({}, {})", made.fd, symbolic(made.flags, clone_flags));
          },
          [](const sys::Fork& made) { return fmt::format("{}()", name_of(made.memory)); },
          [](const sys::Mount& made) {
            return fmt::format("mount({}, {}, {}, {}, NULL)", quote(made.source), quote(made.target),
                               made.type == nullptr ? "NULL" : quote(made.type),
                               symbolic(made.flags, mount_flags));
          },
          [](const sys::Chroot& made) { return fmt::format("chroot({})", quote(made.path)); },
          [](const sys::Chdir& made) { return fmt::format("chdir({})", quote(made.path)); },
          [](const sys::Open& made) {
            return fmt::format("openat(AT_FDCWD, {}, {})", quote(made.path),
                               symbolic(made.flags, open_flags));
          },
          [](const sys::Write& made) {
            return fmt::format("write({}<{}>, {}, {})", made.fd, made.path, quote_start(made.text),
                               made.text.size());
          },
          [](const sys::Setsid&) { return std::string("setsid()"); },
          [](const sys::SetParentDeathSignal& made) {
            return fmt::format("prctl(PR_SET_PDEATHSIG, {})", signal_name(made.signal));
          },
          [](const sys::SetUndumpable&) { return std::string("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)"); },
          [](const sys::DropGroups&) { return std::string("setgroups(0, NULL)"); },
          [](const sys::SetUser& made) { return fmt::format("setresuid({0}, {0}, {0})", made.id); },
          [](const sys::SetGroup& made) { return fmt::format("setresgid({0}, {0}, {0})", made.id); },
          [](const sys::Execute& made) {
            return fmt::format("execvp({}, {})", quote(made.arguments.front()),
                               format_arguments(made.arguments));
          },
      },
      call);
}

// What a call has changed

using Sentences = std::vector<std::string>;

std::string arrow(const NamespaceChange& change) {
  return fmt::format("{} {} -> {}", change.kind, change.before, change.after);
}

/// What it means to be in a new namespace.
std::string_view meaning(std::string_view kind) {
  struct Meaning {
    std::string_view kind;
    std::string_view words;
  };
  constexpr std::array meanings{
      Meaning{"mnt", "This process has a mount table of its own now"},
      Meaning{"user", "In a new user namespace it has every capability, over what belongs to that alone"},
      Meaning{"uts", "It can have a hostname of its own"},
      Meaning{"ipc", "It has System V IPC objects and message queues of its own"},
      Meaning{"net", "It has a network of its own, with nothing but a loopback device"},
      Meaning{"cgroup", "Its own cgroup looks to it like the root of all"},
  };
  const auto* found = std::find_if(meanings.begin(), meanings.end(),
                                   [&](const Meaning& candidate) { return candidate.kind == kind; });
  return found == meanings.end() ? "It is in another namespace" : found->words;
}

void add_children_only(Sentences& sentences, int flags, const Observation& sight, std::string_view name) {
  if ((flags & CLONE_NEWPID) != 0) {
    sentences.push_back(fmt::format("It stays in PID namespace {}: only its children enter the {} one.",
                                    sight.pid_namespace, name));
  }
  if ((flags & CLONE_NEWTIME) != 0) {
    sentences.emplace_back("Its clocks stay, too: only its children can have others.");
  }
}

Sentences explain(const sys::Unshare& call, const Observation& sight) {
  Sentences sentences;
  for (const NamespaceChange& change : sight.changes) {
    sentences.push_back(fmt::format("{}: {}.", meaning(change.kind), arrow(change)));
  }
  add_children_only(sentences, call.flags, sight, "new");
  return sentences;
}

Sentences explain(const sys::SetNs& call, const Observation& sight) {
  Sentences sentences;
  for (const NamespaceChange& change : sight.changes) {
    sentences.push_back(fmt::format("This process has joined another {} namespace: {}.",
                                    change.kind == "mnt" ? "mount" : change.kind, arrow(change)));
  }
  add_children_only(sentences, call.flags, sight, "other");
  return sentences;
}

Sentences explain(const sys::Fork&, const Observation& sight) {
  Sentences sentences;
  bool new_pids = false;
  for (const NamespaceChange& change : sight.changes) {
    if (change.kind == "pid") {
      new_pids = true;
      sentences.push_back(fmt::format("The child is {} PID namespace: {}.",
                                      sight.inside == 1 ? "the first in a new" : "in the other",
                                      arrow(change)));
    } else {
      sentences.push_back(fmt::format("It has clocks of its own: {}.", arrow(change)));
    }
  }
  if (sight.outside != sight.inside) {
    sentences.push_back(fmt::format("{} is PID {} out here and PID {} in there.",
                                    new_pids ? "It" : "The child", sight.outside, sight.inside));
  } else {
    sentences.push_back(fmt::format("The child is PID {}, in the same PID namespace.", sight.inside));
  }
  if (sight.caller == 1) {
    sentences.emplace_back("pidns stays as PID 1: it reaps orphans and passes signals on to COMMAND.");
  }
  return sentences;
}

Sentences explain(const sys::Mount& call, const Observation&) {
  const std::string_view type = call.type == nullptr ? "" : call.type;
  if (type == "binfmt_misc") {
    return {fmt::format("{} shows the interpreters of this user namespace.", call.target)};
  }
  if (!type.empty()) {
    return {
        fmt::format("{} shows the new PID namespace: ps lists what runs in it, nothing else.", call.target)};
  }
  if ((call.flags & MS_PRIVATE) != 0) {
    return {std::strcmp(call.target, "/") == 0
                ? "Mounts made from here on are seen only in here."
                : fmt::format("What is mounted on {} is seen only in here.", call.target)};
  }
  return {(call.flags & MS_SLAVE) != 0
              ? "Mounts made in here are not seen outside, but those made there are seen here."
              : "Mounts made in here are seen outside, and those made there in here."};
}

Sentences explain(const sys::Chroot& call, const Observation&) {
  return {fmt::format("Every path that starts with / starts in {} from here on.", call.path)};
}

Sentences explain(const sys::Chdir& call, const Observation&) {
  return {fmt::format("The working directory is {} now.", call.path)};
}

Sentences explain(const sys::Open&, const Observation&) {
  return {};
}

/// `0 1000 1` as words: user_namespaces(7).
std::string explain_map(std::string_view line, std::string_view kind) {
  const auto take = [&] {
    const auto number = leading_number<unsigned>(line);
    consume_until(line, ' ');
    return number;
  };
  const unsigned inside = take();
  const unsigned outside = take();
  const unsigned count = take();
  if (count == 1) {
    return fmt::format("{} {} in there is {} {} out here.", kind, inside, kind == "User" ? "user" : "group",
                       outside);
  }
  return fmt::format("{}s {} to {} in there are {} to {} out here.", kind, inside, inside + (count - 1),
                     outside, outside + (count - 1));
}

Sentences explain(const sys::Write& call, const Observation&) {
  const std::string_view path = call.path;
  if (path.ends_with("/timens_offsets")) {
    return {"The clocks in there are ahead of those out here by so many seconds, or behind them."};
  }
  if (path.ends_with("/register")) {
    return {"In there, files of this kind are run by that interpreter."};
  }
  if (path.ends_with("/setgroups") && call.text == "allow") {
    return {"Who may change groups in there may do so."};
  }
  if (path.ends_with("/setgroups")) {
    return {"Nobody in there can change groups: without privilege the kernel wants that before a gid_map."};
  }
  const std::string_view kind = path.ends_with("/uid_map") ? "User" : "Group";
  Sentences sentences;
  std::string_view text = call.text;
  while (!text.empty()) {
    sentences.push_back(explain_map(consume_until(text, '\n'), kind));
  }
  sentences.push_back(fmt::format("No other {} exists in there.", kind == "User" ? "user" : "group"));
  return {fmt::format("{}", fmt::join(sentences, " "))};
}

Sentences explain(const sys::Setsid&, const Observation&) {
  return {"This process leads a session of its own, without a terminal."};
}

Sentences explain(const sys::SetParentDeathSignal& call, const Observation& sight) {
  return {fmt::format(
      "If pidns dies, the kernel sends {} to this process{}.", signal_name(call.signal),
      call.signal == SIGKILL && sight.caller == 1 ? ", and PID 1 takes its namespace with it" : "")};
}

Sentences explain(const sys::SetUndumpable&, const Observation&) {
  return {"Only root can look into the memory of pidns now."};
}

Sentences explain(const sys::DropGroups&, const Observation&) {
  return {"It has no supplementary groups any more."};
}

Sentences explain(const sys::SetUser& call, const Observation&) {
  return {fmt::format("It is user {} in there now.", call.id)};
}

Sentences explain(const sys::SetGroup& call, const Observation&) {
  return {fmt::format("It is group {} in there now.", call.id)};
}

Sentences explain_trap(std::string_view name, const Observation& sight) {
  return {
      fmt::format("Same process, same PID {}, and still in PID namespace {}: from here on it is {}.",
                  sight.inside, sight.pid_namespace, name),
      fmt::format("The first child of {} enters the new namespace, as PID 1 of it.", name),
      "When that child ends, the kernel closes the namespace: every later fork fails with ENOMEM (Cannot "
      "allocate memory).",
      "pidns is gone: nobody is left to tell what happens.",
  };
}

Sentences explain(const sys::Execute& call, const Observation& sight) {
  const std::string name = on_one_line(call.arguments.front());
  if (sight.caller == 0) {
    return explain_trap(name, sight);
  }
  Sentences sentences{fmt::format("Same process, same PID {}: from here on it is {}.", sight.inside, name)};
  if (sight.proc == ProcShows::namespace_above) {
    sentences.push_back(
        fmt::format("/proc is still that of the namespace above: ps lists the processes out here, among them "
                    "{} as PID {}, and /proc/{} is another process.",
                    name, sight.proc_pid, sight.inside));
  } else if (sight.proc == ProcShows::nothing) {
    sentences.emplace_back("There is no /proc here: ps has nothing to read.");
  }
  return sentences;
}

/// Most of those which fail end pidns, and it says so next. Here is only what is not clear from the error.
Sentences explain_error(const sys::Call& call, int error) {
  const auto* mount = std::get_if<sys::Mount>(&call);
  if (mount != nullptr && mount->type == nullptr && error == EINVAL) {
    return {fmt::format("{} is no mount point.", mount->target)};
  }
  if (std::holds_alternative<sys::Execute>(call)) {
    return {"This process is still pidns, and ends now."};
  }
  return {"It failed, and has changed nothing."};
}

// Signals and the end

std::string describe_sender(const Sender& sender) {
  if (sender.code == SI_KERNEL) {
    return sender.origin == Origin::group ? "from the terminal, to the whole process group"
                                          : "from the kernel";
  }
  if (sender.origin == Origin::group) {
    return fmt::format("from PID {} in there, to the whole process group", sender.pid);
  }
  if (sender.code == SI_TIMER) {
    return "from a timer";
  }
  // 0: it is in a namespace above ours, or the signal went to a whole process group, and PID 1 has got it
  // before us: send_signal_locked() in kernel/signal.c.
  return sender.pid == 0 ? "from an unknown process" : fmt::format("from PID {}", sender.pid);
}

std::string_view name_of(Receiver receiver) {
  return receiver == Receiver::joined_command ? "COMMAND" : "PID 1";
}

std::string_view use_of(int signal, const Decision& decision, const Dispositions& dispositions) {
  if (decision.apply_default) {
    return "PID 1 has no handler for it, and for a PID 1 the kernel drops such a signal";
  }
  if (dispositions.caught.contains(signal)) {
    return "PID 1 has a handler for it";
  }
  if (dispositions.ignored.contains(signal)) {
    return "PID 1 ignores it";
  }
  if (dispositions.awaited.contains(signal)) {
    return "PID 1 waits for it";
  }
  if (dispositions.blocked.contains(signal)) {
    return "PID 1 blocks it; pidns looks on to see whether it is taken or dropped";
  }
  return decision.watch ? "pidns looks on to see whether it is taken or dropped"
                        : "PID 1 has no handler for it, and by default nothing happens";
}

std::string_view reaction(int signal, Receiver receiver, const Decision& decision,
                          const std::optional<Dispositions>& dispositions) {
  if (receiver == Receiver::pidns_as_init) {
    return "PID 1 is pidns itself, and passes it on to COMMAND";
  }
  if (receiver == Receiver::joined_command) {
    return "COMMAND is no PID 1: it does to it what it does to any process";
  }
  return dispositions ? use_of(signal, decision, *dispositions) : "PID 1 is about to end";
}

std::string describe(const ExitStatus& ending) {
  return ending.killed ? fmt::format("was killed by {}", signal_name(ending.value))
                       : fmt::format("exited with status {}", ending.value);
}

std::string describe_own_end(const ExitStatus& ending) {
  return ending.killed ? fmt::format("pidns dies of {}: a shell shows status {}.", signal_name(ending.value),
                                     shell_status(ending))
                       : fmt::format("pidns exits with status {}.", ending.value);
}

// How it looks

/// Where a line ends, and where the next one begins.
struct Break {
  std::size_t end;
  std::size_t next;
};

/// @param room for a line; a word that is longer stays whole
Break break_sentence(std::string_view text, std::size_t room) {
  const std::size_t last = text.rfind(' ', room);
  const std::size_t blank = last == std::string_view::npos ? text.find(' ') : last;
  return {blank, blank == std::string_view::npos ? blank : blank + 1};
}

/// A call is easier to read when it is broken between its arguments, or between flags.
Break break_call(std::string_view text, std::size_t room) {
  const std::string_view line = text.substr(0, room);
  if (const auto comma = line.rfind(','); comma != std::string_view::npos && comma + 1 < text.size()) {
    return {comma + 1, comma + 2};
  }
  if (const auto bar = line.rfind('|'); bar != std::string_view::npos) {
    return {bar + 1, bar + 1};
  }
  return break_sentence(text, room);
}

/// @param column where the text begins
/// @param indent of every line but the first
void append_wrapped(std::string& text, std::string_view rest, std::size_t column, std::size_t indent,
                    std::size_t width, Break (*break_line)(std::string_view, std::size_t)) {
  while (rest.size() + column > width) {
    const auto [end, next] = break_line(rest, width > column ? width - column : 0);
    if (end == std::string_view::npos) {
      break;
    }
    text += fmt::format("{}\n{:{}}", rest.substr(0, end), "", indent);
    rest.remove_prefix(next);
    column = indent;
  }
  text += rest;
}

}  // namespace

std::string format_call(const sys::Call& call, const std::optional<sys::Result>& result) {
  std::string text = format_request(call);
  if (!result) {
    return text;
  }
  if (result->error == 0) {
    return text + fmt::format(" = {}", result->value);
  }
  const char* name = ::strerrorname_np(result->error);
  return text + fmt::format(" = -1 {} ({})", name != nullptr ? name : "?", std::strerror(result->error));
}

Step explain_call(const sys::Call& call, const std::optional<sys::Result>& result, const Observation& sight) {
  const bool failed = result && result->error != 0;
  const std::string who = sight.caller == 0 ? std::string() : fmt::format("PID {}: ", sight.caller);
  return {
      .headline = who + format_call(call, result),
      .sentences = failed ? explain_error(call, result->error)
                          : std::visit([&](const auto& made) { return explain(made, sight); }, call),
      .failed = failed,
  };
}

Step explain_added_user_namespace() {
  return {
      .headline = "CAP_SYS_ADMIN is missing",
      .sentences = {"Without it, namespaces can only be made in a new user namespace, where pidns has it. So "
                    "there will be one, which maps the current user and group to themselves."}};
}

Step explain_signal(int signal, const Sender& sender, Receiver receiver, const Decision& decision,
                    const std::optional<Dispositions>& dispositions) {
  return {
      .headline = fmt::format("{} {}", signal_name(signal), describe_sender(sender)),
      .sentences = {fmt::format("{}. {}.",
                                decision.relay ? fmt::format("pidns passes it on to {}", name_of(receiver))
                                               : fmt::format("{} has got it already", name_of(receiver)),
                                reaction(signal, receiver, decision, dispositions))}};
}

Step explain_default_action(int signal) {
  if (default_action(signal) == DefaultAction::stop) {
    return {.headline = fmt::format("SIGSTOP to PID 1, in place of {}", signal_name(signal)),
            .sentences = {"The kernel would have stopped any other process, so pidns stops PID 1."}};
  }
  return {.headline = fmt::format("SIGKILL to PID 1, in place of {}", signal_name(signal)),
          .sentences = {"The kernel would have ended any other process, so pidns ends PID 1."}};
}

Step explain_signal_to_command(int signal, pid_t command) {
  return {.headline = fmt::format("PID 1: {} to PID {}", signal_name(signal), command),
          .sentences = {"COMMAND is no PID 1: the kernel does to it what it does to any process."}};
}

Step explain_stop(int signal, Receiver receiver) {
  return {.headline = fmt::format("{} is stopped", receiver == Receiver::init ? "PID 1" : "COMMAND"),
          .sentences = {fmt::format("pidns stops as well, with {}: a shell out here sees one job.",
                                    signal_name(signal))}};
}

Step explain_continuation(Receiver receiver) {
  return {.headline = "pidns is continued",
          .sentences = {fmt::format("{} goes on, too.", receiver == Receiver::init ? "PID 1" : "COMMAND")}};
}

Step explain_ending(Receiver receiver, const ExitStatus& init, const ExitStatus& ending) {
  switch (receiver) {
    case Receiver::joined_command:
      return {.headline = "COMMAND " + describe(init),
              .sentences = {"The namespaces that it had joined stay as they are.", describe_own_end(ending)}};
    case Receiver::pidns_as_init:
      return {.headline = "COMMAND " + describe(ending),
              .sentences = {"PID 1 ends with it, and so does whatever is left in its namespace.",
                            describe_own_end(ending)}};
    case Receiver::init:
      break;
  }
  return {.headline = "PID 1 " + describe(init),
          .sentences = {"With it the kernel has killed whatever was left in its namespace.",
                        describe_own_end(ending)}};
}

Step explain_failure(const Failure& failure) {
  return {.headline = fmt::format("pidns cannot go on: status {}", failure.status), .failed = true};
}

Style choose_style(std::optional<std::size_t> terminal_width, const char* no_colour, const char* terminal) {
  constexpr std::size_t readable = 80;
  const bool forbidden = no_colour != nullptr && *no_colour != '\0';
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return {
      .width = std::min(terminal_width.value_or(readable), readable),
      .break_headlines = terminal_width.has_value(),
      .colour = terminal_width && !forbidden && !dumb,
  };
}

std::string render(int number, const Step& step, const Style& look) {
  constexpr std::size_t indent = 4;
  constexpr std::string_view bold = "\x1b[1m";
  constexpr std::string_view bold_red = "\x1b[1;31m";
  constexpr std::string_view plain = "\x1b[0m";
  const std::string label = fmt::format("[{}] ", number);
  std::string text = label;
  text += look.colour ? (step.failed ? bold_red : bold) : "";
  const std::size_t width = look.break_headlines ? look.width : std::string::npos;
  append_wrapped(text, on_one_line(step.headline), label.size(), 2 * indent, width, break_call);
  text += look.colour ? plain : "";
  for (const std::string& sentence : step.sentences) {
    text += fmt::format("\n{:{}}", "", indent);
    append_wrapped(text, on_one_line(sentence), indent, indent, look.width, break_sentence);
  }
  return text += '\n';
}

}  // namespace pidns
