#include "pidns/cli/command_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <span>

#include "cli11.hpp"
#include "pidns/cli/completion.hpp"
#include "pidns/cli/getopt.hpp"
#include "pidns/cli/option_table.hpp"
#include "pidns/launch/binfmt.hpp"
#include "pidns/launch/environment.hpp"
#include "pidns/process/name_lookup.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// What the words say, before it is decided what follows from them.
struct Words {
  bool fork = false;
  bool no_fork = false;
  std::string mount_proc;  // empty: not given
  bool init = false;
  std::string json_status_fd;  // empty: not given
  std::string kill_child = "KILL";
  bool no_kill_child = false;
  bool forward_signals = false;
  bool new_session = false;
  IdMapRequest users;
  IdMapRequest groups;
  std::string owner;
  std::string setgroups;
  bool keep_caps = false;
  std::string user;
  std::string group;
  bool no_user = false;
  std::string propagation = "private";
  std::string root;
  std::string working_directory;
  int namespaces = 0;
  std::vector<PinnedNamespace> kept;
  std::string monotonic;  // empty: not given, as below
  std::string boottime;
  std::string mount_binfmt;
  std::string load_interp;
  bool clear_environment = false;
  std::vector<std::string> whitelists;
  std::string list;  // empty: not given; `all`: without PID
  bool json = false;
  std::string join;  // empty: not given
  int verbosity = 0;
  bool explain = false;
  bool help = false;
  std::string completion;  // empty: not given
  bool version = false;
};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> parse_offset(std::string_view text) {
  const bool signed_plus = text.starts_with('+') && !text.starts_with("+-");
  return parse_number<std::int64_t>(text.substr(signed_plus ? 1 : 0));
}

std::string whole_seconds(const std::string& value) {
  return parse_offset(value) ? std::string{} : fmt::format("{} is no number of seconds", value);
}

std::string known_definition(const std::string& value) {
  const std::string error = definition_error(value);
  return error.empty() ? error : fmt::format("{} {}", value, error);
}

std::optional<unsigned long> parse_propagation(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, unsigned long>, 4> modes{{
      {"private", MS_PRIVATE | MS_REC},
      {"slave", MS_SLAVE | MS_REC},
      {"shared", MS_SHARED | MS_REC},
      {"unchanged", 0},
  }};
  const auto* mode = std::find_if(modes.begin(), modes.end(),
                                  [&](const auto& candidate) { return candidate.first == text; });
  return mode == modes.end() ? std::nullopt : std::optional(mode->second);
}

std::string known_propagation(const std::string& value) {
  return parse_propagation(value) ? std::string{}
                                  : fmt::format("{} is not private, slave, shared or unchanged", value);
}

bool is_one_of(std::string_view value, std::string_view choices) {
  while (!choices.empty()) {
    if (consume_until(choices, ' ') == value) {
      return true;
    }
  }
  return false;
}

std::string known_shell(const std::string& value) {
  return is_one_of(value, completion_shells) ? std::string{}
                                             : fmt::format("{} is not bash, zsh or fish", value);
}

std::string known_signal(const std::string& value) {
  return parse_signal(value) ? std::string{} : fmt::format("{} is no signal", value);
}

std::string open_descriptor(const std::string& value) {
  const auto fd = parse_number<int>(value);
  return fd && sys::is_open(*fd) ? std::string{} : fmt::format("{} is no open file descriptor", value);
}

std::optional<pid_t> parse_pid(std::string_view text) {
  const auto pid = parse_number<pid_t>(text);
  return pid > 0 ? pid : std::nullopt;
}

constexpr std::string_view all_namespaces = "all";  // --list without PID

std::string known_pid(const std::string& value) {
  return parse_pid(value) ? std::string{} : fmt::format("{} is no PID", value);
}

std::string all_or_known_pid(const std::string& value) {
  return value == all_namespaces ? std::string{} : known_pid(value);
}

std::string known_map(const std::string& value) {
  return parse_map_block(value) ? std::string{}
                                : fmt::format("{} is not INNER:OUTER:COUNT, auto, subids or all", value);
}

std::optional<Ids> parse_owner(std::string_view text) {
  const auto user = parse_id(consume_until(text, ':'));
  const auto group = parse_id(text);
  return user && group ? std::optional(Ids{*user, *group}) : std::nullopt;
}

std::string known_owner(const std::string& value) {
  return parse_owner(value) ? std::string{} : fmt::format("{} is not UID:GID", value);
}

std::string known_id(const std::string& value) {
  return parse_id(value) ? std::string{} : fmt::format("{} is no ID", value);
}

constexpr std::string_view setgroups_modes = "allow deny";

std::string allow_or_deny(const std::string& value) {
  return is_one_of(value, setgroups_modes) ? std::string{} : fmt::format("{} is not allow or deny", value);
}

/// An option of the table: what it is called, and how CLI11 is to read it into Words.
struct Definition {
  OptionSpec spec;
  CLI::Option* (*define)(CLI::App&, const std::string& name, Words&);
};

template <auto member>
CLI::Option* flag(CLI::App& app, const std::string& name, Words& words) {
  return app.add_flag(name, words.*member);
}

template <auto member>
CLI::Option* value(CLI::App& app, const std::string& name, Words& words) {
  return app.add_option(name, words.*member);
}

/// A value that `check` finds nothing wrong with: it returns what is.
template <auto member, std::string (*check)(const std::string&)>
CLI::Option* checked(CLI::App& app, const std::string& name, Words& words) {
  return value<member>(app, name, words)->check(check);
}

/// Every value of an option that may be repeated and adds up.
template <auto member>
CLI::Option* list(CLI::App& app, const std::string& name, Words& words) {
  return value<member>(app, name, words)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

/// A namespace, and with a value the file that keeps it: the last one that is named.
template <int clone_flag>
CLI::Option* new_namespace(CLI::App& app, const std::string& name, Words& words) {
  const auto take = [&words](const CLI::results_t& files) {
    words.namespaces |= clone_flag;
    const auto last =
        std::find_if(files.rbegin(), files.rend(), [](const auto& file) { return !file.empty(); });
    if (last != files.rend()) {
      words.kept.push_back({.kind = clone_flag, .file = *last});
    }
    return true;
  };
  return app.add_option(name, take)->expected(0, 1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

// The maps change as each option is read, since of those that name the same id the last one counts:
// `-r --map-user=5` is `--map-user=5 --map-group=0`.

template <auto map>
CLI::Option* map_current_id(CLI::App& app, const std::string& name, Words& words) {
  return app
      .add_option_function<std::string>(name, [&](const std::string& value) { (words.*map).own = value; })
      ->trigger_on_parse();
}

template <auto map>
CLI::Option* map_block(CLI::App& app, const std::string& name, Words& words) {
  return app
      .add_option_function<std::string>(
          name,
          [&](const std::string& value) { (words.*map).blocks.push_back(parse_map_block(value).value()); })
      ->check(known_map)
      ->trigger_on_parse();
}

template <MapBlock::Source source>
CLI::Option* map_both(CLI::App& app, const std::string& name, Words& words) {
  return app
      .add_flag_function(name,
                         [&](std::int64_t) {
                           words.users.blocks.push_back({.source = source});
                           words.groups.blocks.push_back({.source = source});
                         })
      ->trigger_on_parse();
}

CLI::Option* map_root(CLI::App& app, const std::string& name, Words& words) {
  return app.add_flag_function(name, [&](std::int64_t) { words.users.own = words.groups.own = "0"; })
      ->trigger_on_parse();
}

CLI::Option* map_current(CLI::App& app, const std::string& name, Words& words) {
  return app
      .add_flag_function(name,
                         [&](std::int64_t) {
                           words.users.own = fmt::format("{}", ::geteuid());
                           words.groups.own = fmt::format("{}", ::getegid());
                         })
      ->trigger_on_parse();
}

/// The one place that defines the options.
constexpr std::array definitions{
    Definition{{"pid", 'p', Group::steps, "make a PID namespace: always done; with FILE: keep it there",
                Takes::optional_equals, "FILE"},
               new_namespace<CLONE_NEWPID>},
    Definition{{"fork", 'f', Group::steps, "fork: COMMAND becomes PID 1 of the new namespace"},
               flag<&Words::fork>},
    Definition{{"no-fork", '\0', Group::steps, "do not fork: COMMAND's first child becomes PID 1"},
               flag<&Words::no_fork>},
    Definition{{"mount-proc", '\0', Group::steps,
                "mount a new proc on DIR (default: /proc) in a mount namespace of its own",
                Takes::optional_equals, "DIR", "/proc"},
               value<&Words::mount_proc>},
    Definition{{"init", '\0', Group::steps, "stay as PID 1, reap orphans, pass signals on: COMMAND is PID 2"},
               flag<&Words::init>},

    Definition{{"kill-child", '\0', Group::signals, "what COMMAND gets when pidns is killed (default: KILL)",
                Takes::optional_equals, "SIGNAL", "KILL"},
               checked<&Words::kill_child, known_signal>},
    Definition{{"no-kill-child", '\0', Group::signals, "let COMMAND go on when pidns is killed"},
               flag<&Words::no_kill_child>},
    Definition{
        {"forward-signals", '\0', Group::signals, "pass signals on: always done, accepted for unshare(1)"},
        flag<&Words::forward_signals>},
    Definition{
        {"new-session", '\0', Group::signals, "start COMMAND in a session of its own, without the terminal"},
        flag<&Words::new_session>},
    Definition{{"json-status-fd", '\0', Group::signals, "report start and end of COMMAND in JSON lines on FD",
                Takes::value, "FD"},
               checked<&Words::json_status_fd, open_descriptor>},

    Definition{{"mount", 'm', Group::namespaces, "mount namespace", Takes::optional_equals, "FILE"},
               new_namespace<CLONE_NEWNS>},
    Definition{{"uts", 'u', Group::namespaces, "UTS namespace (hostname)", Takes::optional_equals, "FILE"},
               new_namespace<CLONE_NEWUTS>},
    Definition{{"ipc", 'i', Group::namespaces, "System V IPC namespace", Takes::optional_equals, "FILE"},
               new_namespace<CLONE_NEWIPC>},
    Definition{{"net", 'n', Group::namespaces, "network namespace", Takes::optional_equals, "FILE"},
               new_namespace<CLONE_NEWNET>},
    Definition{{"cgroup", 'C', Group::namespaces, "cgroup namespace", Takes::optional_equals, "FILE"},
               new_namespace<CLONE_NEWCGROUP>},
    Definition{{"time", 'T', Group::namespaces, "time namespace", Takes::optional_equals, "FILE"},
               new_namespace<CLONE_NEWTIME>},
    Definition{
        {"user", 'U', Group::namespaces, "user namespace, without any map", Takes::optional_equals, "FILE"},
        new_namespace<CLONE_NEWUSER>},
    Definition{{"monotonic", '\0', Group::namespaces, "with --time: move the monotonic clock by SECONDS",
                Takes::value, "SECONDS"},
               checked<&Words::monotonic, whole_seconds>},
    Definition{{"boottime", '\0', Group::namespaces, "with --time: move the time since boot by SECONDS",
                Takes::value, "SECONDS"},
               checked<&Words::boottime, whole_seconds>},

    Definition{
        {"map-user", '\0', Group::user, "map the current user to UID, a number or name", Takes::value, "UID"},
        map_current_id<&Words::users>},
    Definition{{"map-group", '\0', Group::user, "map the current group to GID, a number or name",
                Takes::value, "GID"},
               map_current_id<&Words::groups>},
    Definition{{"map-users", '\0', Group::user,
                "map users: INNER:OUTER:COUNT, auto, subids or all; may be repeated", Takes::value, "MAP"},
               map_block<&Words::users>},
    Definition{{"map-groups", '\0', Group::user, "map groups in the same way", Takes::value, "MAP"},
               map_block<&Words::groups>},
    Definition{{"map-auto", '\0', Group::user, "map subordinate ids from 0 up: both of the above with auto"},
               map_both<MapBlock::Source::automatic>},
    Definition{
        {"map-subids", '\0', Group::user, "map subordinate ids to themselves: both of them with subids"},
        map_both<MapBlock::Source::subids>},
    Definition{{"map-root-user", 'r', Group::user, "map the current user and group to root"}, map_root},
    Definition{{"map-current-user", 'c', Group::user, "map the current user and group to themselves"},
               map_current},
    Definition{{"owner", '\0', Group::user, "make the user namespace in the name of this user and group",
                Takes::value, "UID:GID"},
               checked<&Words::owner, known_owner>},
    Definition{{"setgroups",
                '\0',
                Group::user,
                "whether setgroups(2) is permitted inside: allow, deny",
                Takes::value,
                "MODE",
                {},
                setgroups_modes},
               checked<&Words::setgroups, allow_or_deny>},
    Definition{{"keep-caps", '\0', Group::user, "let COMMAND keep its capabilities in the user namespace"},
               flag<&Words::keep_caps>},
    Definition{{"setuid", 'S', Group::user, "run COMMAND as user UID", Takes::value, "UID"},
               checked<&Words::user, known_id>},
    Definition{{"setgid", 'G', Group::user, "run COMMAND as group GID, without supplementary groups",
                Takes::value, "GID"},
               checked<&Words::group, known_id>},
    Definition{{"no-user", '\0', Group::user, "never make a user namespace unasked"}, flag<&Words::no_user>},

    Definition{{"propagation",
                '\0',
                Group::mounts,
                "of the mounts inside: private, slave, shared, unchanged",
                Takes::value,
                "MODE",
                {},
                "private slave shared unchanged"},
               checked<&Words::propagation, known_propagation>},
    Definition{{"root", 'R', Group::mounts, "change the root directory to DIR", Takes::value, "DIR"},
               value<&Words::root>},
    Definition{{"wd", 'w', Group::mounts, "change the working directory to DIR", Takes::value, "DIR"},
               value<&Words::working_directory>},
    Definition{{"mount-binfmt", '\0', Group::mounts,
                "mount binfmt_misc on DIR (default: its place in /proc) in a user namespace",
                Takes::optional_equals, "DIR", default_binfmt},
               value<&Words::mount_binfmt>},
    Definition{{"load-interp", 'l', Group::mounts, "load DEFINITION into that binfmt_misc", Takes::value,
                "DEFINITION"},
               checked<&Words::load_interp, known_definition>},

    Definition{{"clear-env", '\0', Group::environment, "start COMMAND with an empty environment"},
               flag<&Words::clear_environment>},
    Definition{
        {"whitelist-env", '\0', Group::environment,
         "start COMMAND with nothing but the variables of LIST, separated by commas", Takes::value, "LIST"},
        list<&Words::whitelists>},

    Definition{
        {"list", '\0', Group::inspect, "show PID namespaces and the processes in them (of PID: its own)",
         Takes::optional_next, "PID", all_namespaces},
        checked<&Words::list, all_or_known_pid>},
    Definition{{"json", '\0', Group::inspect, "with --list: as one JSON document"}, flag<&Words::json>},
    Definition{{"join", '\0', Group::inspect, "run COMMAND in the user, PID and mount namespaces of PID",
                Takes::value, "PID"},
               checked<&Words::join, known_pid>},

    Definition{{"explain", '\0', Group::general, "tell each step and what comes of it, on stderr"},
               flag<&Words::explain>},
    Definition{{"verbose", 'v', Group::general, "say what is done, on stderr; twice: say more"},
               flag<&Words::verbosity>},
    Definition{{"help", 'h', Group::general, "print this help"}, flag<&Words::help>},
    Definition{{"completion",
                '\0',
                Group::general,
                "print what completes this command line in SHELL: bash, zsh, fish",
                Takes::value,
                "SHELL",
                {},
                completion_shells},
               checked<&Words::completion, known_shell>},
    Definition{{"version", 'V', Group::general, "print the version and how it was built"},
               flag<&Words::version>},
};

constexpr auto specs = [] {
  std::array<OptionSpec, definitions.size()> table{};
  std::transform(definitions.begin(), definitions.end(), table.begin(),
                 [](const Definition& definition) { return definition.spec; });
  return table;
}();

/// Options that contradict each other. Without fork nobody is left to do what some of them ask for.
constexpr std::array exclusions{
    std::pair{"--fork", "--no-fork"},
    std::pair{"--init", "--no-fork"},
    std::pair{"--kill-child", "--no-kill-child"},
    std::pair{"--kill-child", "--no-fork"},
    std::pair{"--new-session", "--no-fork"},
    std::pair{"--json-status-fd", "--no-fork"},
};

/// Tells CLI11 about those options that are on the line: it has a price for each.
void define_options(CLI::App& app, const ParsedArgs& line, Words& words) {
  app.set_help_flag();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  for (const Definition& definition : definitions) {
    const bool given = std::any_of(line.options.begin(), line.options.end(), [&](const auto& option) {
      return &definitions.at(option.option) == &definition;
    });
    if (given) {
      definition.define(app, fmt::format("--{}", definition.spec.name), words);
    }
  }
  for (const auto& [one, other] : exclusions) {
    CLI::Option* option = app.get_option_no_throw(one);
    CLI::Option* excluded = app.get_option_no_throw(other);
    if (option != nullptr && excluded != nullptr) {
      option->excludes(excluded);
    }
  }
}

/// The options in the form that CLI11 reads, the last one first.
std::vector<std::string> to_cli11(const ParsedArgs& line) {
  std::vector<std::string> arguments;
  for (auto option = line.options.rbegin(); option != line.options.rend(); ++option) {
    const std::string_view name = definitions.at(option->option).spec.name;
    arguments.push_back(option->value.empty() ? fmt::format("--{}", name)
                                              : fmt::format("--{}={}", name, option->value));
  }
  return arguments;
}

std::string login_shell() {
  for (const User& user : read_users()) {
    if (user.id == ::getuid()) {
      return user.shell;
    }
  }
  return {};
}

/// What --whitelist-env names, in all its lists.
std::vector<std::string> names_of(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (std::string_view rest : lists) {
    while (!rest.empty()) {
      names.emplace_back(consume_until(rest, ','));
    }
  }
  return names;
}

bool keeps(const Options& options, int kind) {
  return std::any_of(options.pinned.begin(), options.pinned.end(),
                     [&](const PinnedNamespace& kept) { return kept.kind == kind; });
}

/// The shell of the environment that COMMAND is to get, else that of the user.
std::vector<std::string> default_command(const Options& options) {
  const bool is_kept = !options.environment || is_named("SHELL", *options.environment);
  const char* shell = is_kept ? std::getenv("SHELL") : nullptr;  // NOLINT(concurrency-mt-unsafe): one thread
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

bool asks_for_map(const IdMapRequest& request) {
  return request.own || !request.blocks.empty();
}

/// What is said about users, groups and their namespace. A map, or an owner, implies one.
void set_user_options(Options& options, Words& words) {
  if (asks_for_map(words.users) || asks_for_map(words.groups) || !words.owner.empty()) {
    options.namespaces |= CLONE_NEWUSER;
  }
  if (words.setgroups == "deny" && (options.namespaces & CLONE_NEWUSER) == 0) {
    throw UsageError("--setgroups=deny: needs a user namespace: --user or one of the maps");
  }
  if (words.setgroups == "allow" && words.groups.own && words.groups.blocks.empty() && words.owner.empty()) {
    throw UsageError("--setgroups=allow excludes --map-group, which -r and -c imply: leave one of them out");
  }
  if (!words.setgroups.empty()) {
    options.setgroups = words.setgroups == "allow" ? Setgroups::allow : Setgroups::deny;
  }
  options.users = std::move(words.users);
  options.groups = std::move(words.groups);
  options.owner = parse_owner(words.owner);
  options.keep_capabilities = words.keep_caps;
  options.user = parse_id(words.user);
  options.group = parse_id(words.group);
}

Options to_options(Words& words, std::vector<std::string> command) {
  Options options;
  options.steps_named = words.fork || words.no_fork || !words.mount_proc.empty();
  options.fork = !words.no_fork;
  if (options.steps_named) {
    options.mount_proc.reset();
  }
  if (!words.mount_proc.empty()) {
    options.mount_proc = words.mount_proc;
  }
  if (!words.mount_binfmt.empty() || !words.load_interp.empty()) {
    options.mount_binfmt = words.mount_binfmt.empty() ? default_binfmt : words.mount_binfmt;
    options.load_interp = words.load_interp;
    words.namespaces |= CLONE_NEWUSER | CLONE_NEWNS;
    if (options.mount_binfmt == default_binfmt && !options.mount_proc) {  // its directory is one of proc
      options.mount_proc = "/proc";
    }
  }
  if (words.no_fork && options.mount_proc) {
    throw UsageError(
        fmt::format("--no-fork {}: a proc of the new namespace can only be mounted by a process inside it, "
                    "and without fork there is none yet",
                    words.mount_proc.empty() ? "--mount-binfmt" : "--mount-proc"));
  }
  options.namespaces = CLONE_NEWPID | words.namespaces | (options.mount_proc ? CLONE_NEWNS : 0);
  set_user_options(options, words);
  options.pinned = std::move(words.kept);
  if (words.no_fork && keeps(options, CLONE_NEWPID)) {
    throw UsageError(
        "--no-fork --pid=FILE: a PID namespace can be kept once it has a process, and without fork "
        "COMMAND would have to make that first");
  }
  options.monotonic = parse_offset(words.monotonic);
  options.boottime = parse_offset(words.boottime);
  if ((options.monotonic || options.boottime) && (words.namespaces & CLONE_NEWTIME) == 0) {
    throw UsageError(
        fmt::format("{}: goes with --time alone", options.monotonic ? "--monotonic" : "--boottime"));
  }
  if (words.clear_environment || !words.whitelists.empty()) {
    options.environment = names_of(words.whitelists);
  }
  options.kill_child = words.no_kill_child ? 0 : parse_signal(words.kill_child).value();
  options.init = words.init;
  options.json_status_fd = parse_number<int>(words.json_status_fd);
  options.new_session = words.new_session;
  options.automatic_user_namespace = !words.no_user;
  options.propagation = parse_propagation(words.propagation).value();
  if (!words.root.empty()) {
    options.root = words.root;
  }
  if (!words.working_directory.empty()) {
    options.working_directory = words.working_directory;
  }
  if (!words.join.empty()) {
    options.join = parse_pid(words.join);
    options.namespaces = 0;
    options.mount_proc.reset();
  }
  options.verbosity = words.verbosity;
  options.explain = words.explain;
  options.command = command.empty() ? default_command(options) : std::move(command);
  return options;
}

}  // namespace

std::span<const OptionSpec> option_table() {
  return specs;
}

std::variant<Options, ListRequest, Printout> parse(std::span<const char* const> arguments) {
  ParsedArgs line = parse_args(arguments);
  Words words;
  if (line.options.empty()) {  // nothing that CLI11 could read, and it has a price
    return to_options(words, std::move(line.command));
  }
  CLI::App app;
  define_options(app, line, words);
  try {
    app.parse(to_cli11(line));
  } catch (const CLI::ExcludesError& error) {
    throw UsageError(fmt::format("{}: leave one of them out", error.what()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (words.help) {
    return Printout{help_text()};
  }
  if (!words.completion.empty()) {
    return Printout{completion_script(words.completion)};
  }
  if (words.version) {
    return Printout{"pidns " PIDNS_VERSION " (" PIDNS_LINKAGE ")\n"};
  }
  if (!words.list.empty()) {
    return to_list_request(app, words, line.command);
  }
  if (words.json) {
    throw UsageError("--json: goes with --list alone");
  }
  if (!words.join.empty()) {
    refuse_others(app, "--join",
                  {"--kill-child", "--no-kill-child", "--forward-signals", "--new-session",
                   "--json-status-fd", "--wd", "--clear-env", "--whitelist-env", "--explain", "--verbose"});
  }
  return to_options(words, std::move(line.command));
}

}  // namespace pidns
