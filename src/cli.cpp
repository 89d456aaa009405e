#include "pidns/cli.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <numeric>

#include "pidns/signals.hpp"
#include "pidns/sys.hpp"
#include "pidns/users.hpp"

namespace pidns {

namespace {

/// What the words say, before it is decided what follows from them.
struct Words {
  bool pid = false;
  bool fork = false;
  bool no_fork = false;
  std::string mount_proc;  // empty: not given
  bool init = false;
  int json_status_fd = -1;
  std::string kill_child = "KILL";
  bool no_kill_child = false;
  bool forward_signals = false;
  bool new_session = false;
  bool map_root = false;
  bool map_current = false;
  bool no_user = false;
  std::string propagation = "private";
  std::string root;
  std::string working_directory;
  int namespaces = 0;
  std::string list;  // empty: not given; `all`: without PID
  bool json = false;
  pid_t join = 0;
  int verbosity = 0;
  bool help = false;
  bool version = false;
};

const std::map<std::string, unsigned long> propagations{
    {"private", MS_PRIVATE | MS_REC},
    {"slave", MS_SLAVE | MS_REC},
    {"shared", MS_SHARED | MS_REC},
    {"unchanged", 0},
};

std::string known_signal(const std::string& value) {
  return parse_signal(value) ? std::string{} : fmt::format("{} is no signal", value);
}

std::string open_descriptor(const std::string& value) {
  const bool digits = value.find_first_not_of("0123456789") == std::string::npos;
  return digits && value.size() < 10 && sys::is_open(std::stoi(value))
             ? std::string{}
             : fmt::format("{} is no open file descriptor", value);
}

std::optional<pid_t> parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && pid > 0 ? std::optional(pid) : std::nullopt;
}

constexpr std::string_view all_namespaces = "all";  // --list without PID

std::string known_pid(const std::string& value) {
  return parse_pid(value) ? std::string{} : fmt::format("{} is no PID", value);
}

/// The one place that defines the options. An option's text is what stands behind its name in the help:
/// `=VALUE` where one is required, `[=VALUE]` where it may be left out.
void define_options(CLI::App& app, Words& words) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.set_help_flag();

  app.option_defaults()->group("Steps (name some to get exactly those, none to get them all)");
  app.add_flag("-p,--pid", words.pid, "make a PID namespace: always done, accepted for unshare(1)");
  auto* fork = app.add_flag("-f,--fork", words.fork, "fork: COMMAND becomes PID 1 of the new namespace");
  auto* no_fork =
      app.add_flag("--no-fork", words.no_fork, "do not fork: COMMAND's first child becomes PID 1");
  auto* mount_proc = app.add_flag("--mount-proc{/proc}", words.mount_proc,
                                  "mount a new proc on DIR (default: /proc) in a mount namespace of its own");
  mount_proc->option_text("[=DIR]");
  auto* init =
      app.add_flag("--init", words.init, "stay as PID 1, reap orphans, pass signals on: COMMAND is PID 2");
  no_fork->excludes(fork);
  no_fork->excludes(init);

  app.option_defaults()->group("Signals and the end");
  auto* kill_child = app.add_flag("--kill-child{KILL}", words.kill_child,
                                  "what COMMAND gets when pidns is killed (default: KILL)");
  kill_child->option_text("[=SIGNAL]")->check(known_signal);
  app.add_flag("--no-kill-child", words.no_kill_child, "let COMMAND go on when pidns is killed")
      ->excludes(kill_child);
  app.add_flag("--forward-signals", words.forward_signals,
               "pass signals on: always done, accepted for unshare(1)");
  auto* new_session = app.add_flag("--new-session", words.new_session,
                                   "start COMMAND in a session of its own, without the terminal");
  auto* json_status_fd = app.add_option("--json-status-fd", words.json_status_fd,
                                        "report start and end of COMMAND in JSON lines on FD");
  json_status_fd->option_text("=FD")->check(open_descriptor);
  // Without fork nobody is left to do what these ask for.
  no_fork->excludes(kill_child, new_session, json_status_fd);

  app.option_defaults()->group("Further namespaces");
  const auto add_namespace = [&](const std::string& names, int flag, const std::string& description) {
    app.add_flag_function(
        names, [&words, flag](std::int64_t) { words.namespaces |= flag; }, description);
  };
  add_namespace("-m,--mount", CLONE_NEWNS, "mount namespace");
  add_namespace("-u,--uts", CLONE_NEWUTS, "UTS namespace (hostname)");
  add_namespace("-i,--ipc", CLONE_NEWIPC, "System V IPC namespace");
  add_namespace("-n,--net", CLONE_NEWNET, "network namespace");
  add_namespace("-C,--cgroup", CLONE_NEWCGROUP, "cgroup namespace");
  add_namespace("-T,--time", CLONE_NEWTIME, "time namespace");
  add_namespace("-U,--user", CLONE_NEWUSER, "user namespace, without any map");

  app.option_defaults()->group("User namespace");
  auto* map_root =
      app.add_flag("-r,--map-root-user", words.map_root, "map the current user and group to root");
  auto* map_current = app.add_flag("-c,--map-current-user", words.map_current,
                                   "map the current user and group to themselves");
  app.add_flag("--no-user", words.no_user, "never make a user namespace unasked");
  map_current->excludes(map_root);

  app.option_defaults()->group("Mounts and directories");
  app.add_option("--propagation", words.propagation,
                 "of the mounts inside: private, slave, shared, unchanged")
      ->option_text("=MODE")
      ->check(CLI::IsMember(&propagations));
  app.add_option("-R,--root", words.root, "change the root directory to DIR")->option_text("=DIR");
  app.add_option("-w,--wd", words.working_directory, "change the working directory to DIR")
      ->option_text("=DIR");

  app.option_defaults()->group("Namespaces that are there already");
  app.add_flag("--list{all}", words.list, "show PID namespaces and the processes in them (of PID: its own)")
      ->option_text("[=PID]")
      ->check([](const std::string& value) {
        return value == all_namespaces ? std::string{} : known_pid(value);
      });
  app.add_flag("--json", words.json, "with --list: as one JSON document");
  app.add_option("--join", words.join, "run COMMAND in the user, PID and mount namespaces of PID")
      ->option_text("=PID")
      ->check(known_pid);

  app.option_defaults()->group("About pidns");
  app.add_flag("-v,--verbose", words.verbosity, "say what is done, on stderr; twice: say more");
  app.add_flag("-h,--help", words.help, "print this help");
  app.add_flag("-V,--version", words.version, "print the version and how it was built");
}

bool requires_value(const CLI::Option& option) {
  return option.get_items_expected_min() > 0;
}
bool accepts_value(const CLI::Option& option) {
  return requires_value(option) || !option.get_fnames().empty();
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substitution, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::vector<std::string> long_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    const auto& own = option->get_lnames();
    names.insert(names.end(), own.begin(), own.end());
  }
  return names;
}

[[noreturn]] void throw_unknown(const CLI::App& app, std::string_view name) {
  const auto names = long_names(app);
  const auto nearest = std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return edit_distance(a, name) < edit_distance(b, name);
  });
  // Further apart than half of its letters, it is another word.
  const bool similar = edit_distance(*nearest, name) * 2 <= name.size();
  throw UsageError(similar ? fmt::format("--{}: unknown option, did you mean --{}?", name, *nearest)
                           : fmt::format("--{}: unknown option, see pidns --help", name));
}

/// Finds an option by its long name or any prefix that only it has: getopt_long(3).
const CLI::Option& find_long(const CLI::App& app, const std::string& name) {
  if (const CLI::Option* exact = app.get_option_no_throw("--" + name)) {
    return *exact;
  }
  std::vector<std::string> matches;
  for (const std::string& candidate : long_names(app)) {
    if (candidate.starts_with(name)) {
      matches.push_back("--" + candidate);
    }
  }
  if (matches.empty()) {
    throw_unknown(app, name);
  }
  if (matches.size() > 1) {
    throw UsageError(fmt::format("--{}: ambiguous option, could be {}", name, fmt::join(matches, " or ")));
  }
  return *app.get_option_no_throw(matches.front());
}

struct Split {
  std::vector<std::string> options;  // each with its value in the same word, in the form that CLI11 reads
  std::vector<std::string> command;
};

/// Divides the words into options and command: options end at the first word that is not one, or at `--`.
/// CLI11 does not see the command's words at all, so it cannot take any of them for something of its own.
class Splitter {
 public:
  Splitter(const CLI::App& app, std::span<const char* const> words) : app_(app), words_(words) {}

  Split split() {
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_];
      if (word == "--") {
        ++next_;
        break;
      }
      if (word.starts_with("--")) {
        take_long(std::string(word.substr(2)));
      } else if (word.size() > 1 && word.front() == '-') {
        take_shorts(word);
      } else {
        break;
      }
    }
    const auto rest = words_.subspan(next_);
    split_.command.assign(rest.begin(), rest.end());
    return std::move(split_);
  }

 private:
  void take_long(const std::string& word) {
    ++next_;
    const auto equals = word.find('=');
    const CLI::Option& option = find_long(app_, word.substr(0, equals));
    const std::string name = "--" + option.get_lnames().front();
    if (equals == std::string::npos && name == "--list" && next_is_value()) {
      split_.options.push_back(name + "=" + take_value(name));
      return;
    }
    if (equals == std::string::npos) {
      split_.options.push_back(requires_value(option) ? name + "=" + take_value(name) : name);
      return;
    }
    const std::string value = word.substr(equals + 1);
    if (!accepts_value(option)) {
      throw UsageError(option.get_group() == "Further namespaces" || name == "--pid"
                           ? fmt::format("{}=FILE: not supported yet", name)
                           : fmt::format("{}: takes no value", name));
    }
    // To CLI11 it is a flag without a value.
    if (value == "{}" && !requires_value(option)) {
      throw UsageError(fmt::format("{}: {{}} is no value", name));
    }
    split_.options.push_back(name + "=" + checked_value(name, value));
  }

  /// `-fp`, `-R DIR`, `-UrRDIR`: the first letter that requires a value takes the rest of the word, or the
  /// next one.
  void take_shorts(std::string_view word) {
    ++next_;
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string letter = fmt::format("-{}", word[i]);
      const CLI::Option* option = app_.get_option_no_throw(letter);
      if (option == nullptr) {
        throw UsageError(fmt::format("{}: unknown option, see pidns --help", letter));
      }
      const std::string name = "--" + option->get_lnames().front();
      if (!requires_value(*option)) {
        split_.options.push_back(name);
        continue;
      }
      const std::string rest(word.substr(i + 1));
      split_.options.push_back(name + "=" + (rest.empty() ? take_value(name) : rest));
      return;
    }
  }

  /// --list takes no COMMAND, so the word after it can only be its value.
  [[nodiscard]] bool next_is_value() const { return next_ < words_.size() && *words_[next_] != '-'; }

  std::string take_value(const std::string& name) {
    if (next_ == words_.size()) {
      throw UsageError(fmt::format("{}: needs a value", name));
    }
    return checked_value(name, words_[next_++]);
  }

  /// As from a variable that is not set: `--mount-proc=$DIR`.
  static std::string checked_value(const std::string& name, const std::string& value) {
    if (value.empty()) {
      throw UsageError(fmt::format("{}: the value is empty", name));
    }
    return value;
  }

  const CLI::App& app_;
  std::span<const char* const> words_;
  std::size_t next_ = 0;
  Split split_;
};

std::string login_shell() {
  for (const User& user : read_users()) {
    if (user.id == ::getuid()) {
      return user.shell;
    }
  }
  return {};
}

std::vector<std::string> default_command() {
  const char* shell = std::getenv("SHELL");  // NOLINT(concurrency-mt-unsafe): there is one thread
  std::string command = shell != nullptr && *shell != '\0' ? shell : login_shell();
  return {command.empty() ? "/bin/sh" : command};
}

/// Some options run something else than a command in a new namespace, where most of the others mean nothing.
void refuse_others(const CLI::App& app, std::string_view option,
                   std::initializer_list<std::string_view> companions) {
  for (const CLI::Option* other : app.get_options()) {
    const std::string name = other->get_name();
    if (other->count() > 0 && name != option &&
        std::find(companions.begin(), companions.end(), name) == companions.end()) {
      throw UsageError(fmt::format("{}: {} does not go with it", option, name));
    }
  }
}

ListRequest to_list_request(const CLI::App& app, const Words& words, const std::vector<std::string>& rest) {
  refuse_others(app, "--list", {"--json", "--verbose"});
  if (words.list != all_namespaces || rest.empty()) {
    if (!rest.empty()) {
      throw UsageError(fmt::format("--list: takes no COMMAND: {}", rest.front()));
    }
    return {.pid = parse_pid(words.list), .json = words.json};
  }
  const auto pid = parse_pid(rest.front());
  if (!pid || rest.size() > 1) {
    throw UsageError(fmt::format("--list: {}", pid ? "takes one PID" : rest.front() + " is no PID"));
  }
  return {.pid = pid, .json = words.json};
}

Options to_options(Words& words, std::vector<std::string> command) {
  Options options;
  options.steps_named = words.fork || words.no_fork || !words.mount_proc.empty();
  options.fork = !words.no_fork;
  if (options.steps_named) {
    options.mount_proc.reset();
  }
  if (!words.mount_proc.empty()) {
    if (words.no_fork) {
      throw UsageError(
          "--no-fork --mount-proc: a proc of the new namespace can only be mounted by a process inside it, "
          "and without "
          "fork there is none yet");
    }
    options.mount_proc = words.mount_proc;
  }
  options.namespaces = CLONE_NEWPID | words.namespaces | (options.mount_proc ? CLONE_NEWNS : 0);
  if (words.map_root) {
    options.identity_map = IdentityMap::root;
  } else if (words.map_current) {
    options.identity_map = IdentityMap::current;
  } else if ((words.namespaces & CLONE_NEWUSER) != 0) {
    options.identity_map = IdentityMap::none;
  }
  if (options.identity_map) {
    options.namespaces |= CLONE_NEWUSER;
  }
  options.kill_child = words.no_kill_child ? 0 : parse_signal(words.kill_child).value();
  options.init = words.init;
  if (words.json_status_fd >= 0) {
    options.json_status_fd = words.json_status_fd;
  }
  options.new_session = words.new_session;
  options.automatic_user_namespace = !words.no_user;
  options.propagation = propagations.at(words.propagation);
  if (!words.root.empty()) {
    options.root = words.root;
  }
  if (!words.working_directory.empty()) {
    options.working_directory = words.working_directory;
  }
  if (words.join > 0) {
    options.join = words.join;
    options.namespaces = 0;
    options.mount_proc.reset();
  }
  options.verbosity = words.verbosity;
  options.command = command.empty() ? default_command() : std::move(command);
  return options;
}

constexpr std::size_t help_width = 80;
constexpr std::size_t help_indent = 30;

/// Breaks a description into lines that fit beside the names.
std::string wrap(std::string_view text) {
  constexpr std::size_t width = help_width - help_indent;
  std::string wrapped;
  while (text.size() > width) {
    const std::size_t space = text.rfind(' ', width);
    wrapped += fmt::format("{}\n{:{}}", text.substr(0, space), "", help_indent);
    text.remove_prefix(space + 1);
  }
  return wrapped.append(text);
}

std::string describe(const CLI::Option& option) {
  const auto& shorts = option.get_snames();
  const std::string name =
      fmt::format("  {} --{}{}", shorts.empty() ? "   " : fmt::format("-{},", shorts.front()),
                  option.get_lnames().front(), option.get_option_text());
  const std::string description = wrap(option.get_description());
  return name.size() < help_indent ? fmt::format("{:{}}{}\n", name, help_indent, description)
                                   : fmt::format("{}\n{:{}}{}\n", name, "", help_indent, description);
}

std::string help_text(const CLI::App& app) {
  std::string text =
      "Usage: pidns [OPTION]... [--] [COMMAND [ARG]...]\n"
      "Run COMMAND as PID 1 of a new PID namespace, with a /proc of its own.\n"
      "COMMAND is $SHELL, else the user's login shell, unless it is given.\n";
  std::string group;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() != group) {
      group = option->get_group();
      text += fmt::format("\n{}:\n", group);
    }
    text += describe(*option);
  }
  return text +
         "\nExit status: that of COMMAND; 125 if pidns itself fails, 126 if COMMAND cannot\n"
         "be executed, 127 if it is not found. If a signal kills COMMAND, it kills pidns.\n"
         "\nExamples:\n"
         "  pidns --fork --mount-proc /bin/bash     a shell that is PID 1\n"
         "  timeout 60 pidns --init make check      nothing of it outlives the minute\n"
         "  pidns --fork bash                       PID 1, but /proc is still the host's\n";
}

}  // namespace

std::variant<Options, ListRequest, Printout> parse(std::span<const char* const> arguments) {
  CLI::App app;
  Words words;
  define_options(app, words);
  Split split = Splitter(app, arguments).split();
  std::reverse(split.options.begin(), split.options.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(split.options));
  } catch (const CLI::ExcludesError& error) {
    throw UsageError(fmt::format("{}: leave one of them out", error.what()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (words.help) {
    return Printout{help_text(app)};
  }
  if (words.version) {
    return Printout{"pidns " PIDNS_VERSION " (" PIDNS_LINKAGE ")\n"};
  }
  if (!words.list.empty()) {
    return to_list_request(app, words, split.command);
  }
  if (words.json) {
    throw UsageError("--json: goes with --list alone");
  }
  if (words.join > 0) {
    refuse_others(app, "--join",
                  {"--kill-child", "--no-kill-child", "--forward-signals", "--new-session",
                   "--json-status-fd", "--wd", "--verbose"});
  }
  return to_options(words, std::move(split.command));
}

}  // namespace pidns
