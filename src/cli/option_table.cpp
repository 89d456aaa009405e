#include "pidns/cli/option_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <type_traits>

#include "pidns/cli/completion.hpp"
#include "pidns/cli/values.hpp"

namespace pidns {

namespace {

using Read = void (*)(Settings&, const std::string&);

constexpr Value nothing() {
  return {};
}
constexpr Value required(std::string_view name, std::string_view choices = {}) {
  return {.takes = Takes::value, .name = name, .choices = choices};
}
constexpr Value optional(std::string_view name, std::string_view default_value = {},
                         std::string_view choices = {}) {
  return {.takes = Takes::optional_equals, .name = name, .default_value = default_value, .choices = choices};
}
constexpr Value optional_next(std::string_view name) {
  return {.takes = Takes::optional_next, .name = name};
}

/// Reads a value with `parse` into a member of Options.
template <auto member, auto parse>
void parse_into(Settings& settings, const std::string& value) {
  settings.options.*member = parse(value);
}

template <auto member, auto value = true>
void set(Settings& settings, const std::string&) {
  settings.options.*member = value;
}

void count_verbosity(Settings& settings, const std::string&) {
  ++settings.options.verbosity;
}

/// Reads --net and the like: a namespace, and with a value the file that pins it.
template <int clone_flag>
void add_namespace(Settings& settings, const std::string& file) {
  settings.options.namespaces |= clone_flag;
  if (!file.empty()) {
    std::erase_if(settings.options.pinned, [](const auto& pinned) { return pinned.kind == clone_flag; });
    settings.options.pinned.push_back({.kind = clone_flag, .file = file});
  }
}

template <auto map>
void map_current_id(Settings& settings, const std::string& id) {
  (settings.options.*map).current = id;
}

template <auto map>
void add_map_block(Settings& settings, const std::string& block) {
  (settings.options.*map).blocks.push_back(values::map_block(block));
}

template <MapBlock::Source source>
void map_both(Settings& settings, const std::string&) {
  settings.options.users.blocks.push_back({.source = source});
  settings.options.groups.blocks.push_back({.source = source});
}

/// Reads --setuid and --setgid: an ID, or a name that is looked up later.
template <auto number, auto name>
void choose_id(Settings& settings, const std::string& text) {
  settings.options.*name = values::is_name(text) ? text : "";
  settings.options.*number = values::is_name(text) ? std::nullopt : std::optional(values::id(text));
}

void map_root(Settings& settings, const std::string&) {
  settings.options.users.current = "0";
  settings.options.groups.current = "0";
}

void map_current(Settings& settings, const std::string&) {
  settings.options.users.current = fmt::format("{}", ::geteuid());
  settings.options.groups.current = fmt::format("{}", ::getegid());
}

void clear_environment(Settings& settings, const std::string&) {
  settings.options.environment.emplace(settings.options.environment.value_or(std::vector<std::string>()));
}

void keep_variables(Settings& settings, const std::string& list) {
  clear_environment(settings, {});
  for (std::string& name : values::names(list)) {
    settings.options.environment->push_back(std::move(name));
  }
}

void list_one(Settings& settings, const std::string& what) {
  if (!what.empty()) {
    settings.list.targets.push_back(values::target(what));
  }
}

template <auto member>
void set_in_list(Settings& settings, const std::string&) {
  settings.list.*member = true;
}

void watch_list(Settings& settings, const std::string& seconds) {
  settings.list.watch = values::interval(seconds);
}

void choose_colour(Settings& settings, const std::string& when) {
  settings.list.colour = settings.check.colour = settings.options.colour = values::colour(when);
}

void explain(Settings& settings, const std::string& way) {
  settings.options.explain = true;
  settings.options.explain_step = values::explain_step(way);
}

void choose_shell(Settings& settings, const std::string& shell) {
  settings.completion = values::shell(shell);
}

/// The one place that defines the options: name, letter, group, value, help, what it does.
constexpr std::array table{
    OptionSpec{"list", '\0', Group::modes, optional_next("WHAT"),
               "show PID namespaces (WHAT: PID, NUMBER or FILE)", list_one},
    OptionSpec{"join", '\0', Group::modes, required("WHAT"), "run COMMAND in the namespaces of WHAT",
               parse_into<&Options::join, values::target>},
    OptionSpec{"check", '\0', Group::modes, nothing(), "test what this machine allows, and say what to do"},
    OptionSpec{"json", '\0', Group::modes, nothing(), "print what --list shows as one JSON document",
               set_in_list<&ListRequest::json>},
    OptionSpec{"dot", '\0', Group::modes, nothing(), "print what --list shows as a graph for Graphviz",
               set_in_list<&ListRequest::dot>},
    OptionSpec{"watch", '\0', Group::modes, optional("SECONDS", "1"),
               "show --list live, anew every SECONDS (default: 1)", watch_list},

    OptionSpec{"fork", 'f', Group::steps, nothing(), "make COMMAND itself PID 1 of the new namespace"},
    OptionSpec{"mount-proc", '\0', Group::steps, optional("DIR", "/proc"),
               "mount a new proc on DIR (default: /proc)", parse_into<&Options::mount_proc, values::path>},
    OptionSpec{"init", '\0', Group::steps, nothing(), "run a PID 1 that reaps and passes signals on",
               set<&Options::init>},
    OptionSpec{"no-fork", '\0', Group::steps, nothing(), "do not fork: COMMAND's first child becomes PID 1",
               set<&Options::fork, false>},
    OptionSpec{"grace", '\0', Group::steps, required("SECONDS", "infinity"),
               "give what COMMAND leaves behind SIGTERM and SECONDS to end, or infinity",
               parse_into<&Options::grace, values::duration>},
    OptionSpec{"pid", 'p', Group::steps, optional("FILE"), "create a PID namespace (always), bound to FILE",
               add_namespace<CLONE_NEWPID>},

    OptionSpec{"explain", '\0', Group::general, optional("step", {}, "step"),
               "narrate each step on stderr; =step waits for keys", explain},
    OptionSpec{"color", '\0', Group::general, required("WHEN", values::colour_choices),
               "color --list, --check, --explain: auto, always, never", choose_colour},
    OptionSpec{"verbose", 'v', Group::general, nothing(), "log to stderr; repeat for more detail",
               count_verbosity},
    OptionSpec{"help", 'h', Group::general, nothing(), "print help: -h what most people need, --help all"},
    OptionSpec{"version", 'V', Group::general, nothing(), "print the version and how it was built"},
    OptionSpec{"completion", '\0', Group::general, required("SHELL", completion_shells),
               "print completions for bash, zsh or fish", choose_shell},

    OptionSpec{"kill-child", '\0', Group::signals, optional("SIGNAL", "KILL"),
               "send SIGNAL (default: KILL) when pidns dies",
               parse_into<&Options::kill_child, values::signal>},
    OptionSpec{"no-kill-child", '\0', Group::signals, nothing(), "let COMMAND survive pidns",
               set<&Options::kill_child, 0>},
    OptionSpec{"die-with-parent", '\0', Group::signals, nothing(),
               "end with COMMAND when the parent of pidns ends", set<&Options::die_with_parent>},
    OptionSpec{"new-session", '\0', Group::signals, nothing(),
               "start COMMAND in a session without the terminal", set<&Options::new_session>},
    OptionSpec{"json-status-fd", '\0', Group::signals, required("FD"),
               "report start and end of COMMAND as JSON on FD",
               parse_into<&Options::json_status_fd, values::descriptor>},
    OptionSpec{"forward-signals", '\0', Group::signals, nothing(), "pass signals on to COMMAND, as always"},

    OptionSpec{"net", 'n', Group::namespaces, optional("FILE"),
               "create a network namespace, with only a loopback", add_namespace<CLONE_NEWNET>},
    OptionSpec{"uts", 'u', Group::namespaces, optional("FILE"),
               "create a UTS namespace, with its own hostname", add_namespace<CLONE_NEWUTS>},
    OptionSpec{"mount", 'm', Group::namespaces, optional("FILE"), "create a mount namespace",
               add_namespace<CLONE_NEWNS>},
    OptionSpec{"ipc", 'i', Group::namespaces, optional("FILE"),
               "create an IPC namespace (System V, POSIX queues)", add_namespace<CLONE_NEWIPC>},
    OptionSpec{"cgroup", 'C', Group::namespaces, optional("FILE"), "create a cgroup namespace",
               add_namespace<CLONE_NEWCGROUP>},
    OptionSpec{"time", 'T', Group::namespaces, optional("FILE"),
               "create a time namespace, with its own uptime", add_namespace<CLONE_NEWTIME>},
    OptionSpec{"user", 'U', Group::namespaces, optional("FILE"), "create a user namespace, without any map",
               add_namespace<CLONE_NEWUSER>},
    OptionSpec{"monotonic", '\0', Group::namespaces, required("SECONDS"),
               "offset CLOCK_MONOTONIC of a new time namespace",
               parse_into<&Options::monotonic, values::seconds>},
    OptionSpec{"boottime", '\0', Group::namespaces, required("SECONDS"),
               "offset CLOCK_BOOTTIME of a new time namespace",
               parse_into<&Options::boottime, values::seconds>},

    OptionSpec{"wd", 'w', Group::mounts, required("DIR"), "change the working directory to DIR",
               parse_into<&Options::working_directory, values::path>},
    OptionSpec{"root", 'R', Group::mounts, required("DIR"), "change the root directory to DIR",
               parse_into<&Options::root, values::path>},
    OptionSpec{"propagation", '\0', Group::mounts, required("MODE", values::propagation_modes),
               "set how mounts propagate: private, slave, shared, unchanged",
               parse_into<&Options::propagation, values::propagation>},
    OptionSpec{"mount-binfmt", '\0', Group::mounts, optional("DIR", default_binfmt),
               "mount binfmt_misc on DIR (default: its place in /proc) in a user namespace",
               parse_into<&Options::mount_binfmt, values::path>},
    OptionSpec{"load-interp", 'l', Group::mounts, required("DEFINITION"),
               "load the binary format DEFINITION into a new binfmt_misc",
               parse_into<&Options::load_interp, values::binfmt_definition>},

    OptionSpec{"clear-env", '\0', Group::environment, nothing(), "start COMMAND with an empty environment",
               clear_environment},
    OptionSpec{"whitelist-env", '\0', Group::environment, required("LIST"),
               "keep only the variables in LIST, comma-separated", keep_variables},

    OptionSpec{"map-root-user", 'r', Group::user, nothing(), "become root in a new user namespace", map_root},
    OptionSpec{"map-current-user", 'c', Group::user, nothing(),
               "stay the current user in a new user namespace", map_current},
    OptionSpec{"setuid", 'S', Group::user, required("UID"), "run COMMAND as user UID, a number or name",
               choose_id<&Options::user, &Options::user_name>},
    OptionSpec{"setgid", 'G', Group::user, required("GID"),
               "run COMMAND as group GID, a number or name, without supplementary groups",
               choose_id<&Options::group, &Options::group_name>},
    OptionSpec{"no-user", '\0', Group::user, nothing(), "never create a user namespace unasked",
               set<&Options::automatic_user_namespace, false>},
    OptionSpec{"keep-caps", '\0', Group::user, nothing(), "let COMMAND keep its user namespace capabilities",
               set<&Options::keep_capabilities>},
    OptionSpec{"owner", '\0', Group::user, required("UID:GID"),
               "make this user and group own the user namespace", parse_into<&Options::owner, values::owner>},
    OptionSpec{"setgroups", '\0', Group::user, required("MODE", values::setgroups_modes),
               "allow or deny setgroups(2) in the user namespace",
               parse_into<&Options::setgroups, values::setgroups>},
    OptionSpec{"map-user", '\0', Group::user, required("UID"),
               "map the current user to UID, a number or name", map_current_id<&Options::users>},
    OptionSpec{"map-group", '\0', Group::user, required("GID"),
               "map the current group to GID, a number or name", map_current_id<&Options::groups>},
    OptionSpec{"map-users", '\0', Group::user, required("MAP", values::map_sources),
               "map users: INNER:OUTER:COUNT, auto, subids or all; may be repeated",
               add_map_block<&Options::users>},
    OptionSpec{"map-groups", '\0', Group::user, required("MAP", values::map_sources),
               "map groups: INNER:OUTER:COUNT, auto, subids or all; may be repeated",
               add_map_block<&Options::groups>},
    OptionSpec{"map-auto", '\0', Group::user, nothing(), "same as --map-users=auto --map-groups=auto",
               map_both<MapBlock::Source::automatic>},
    OptionSpec{"map-subids", '\0', Group::user, nothing(), "same as --map-users=subids --map-groups=subids",
               map_both<MapBlock::Source::subids>},
};

}  // namespace

std::span<const OptionSpec> option_table() {
  return table;
}

}  // namespace pidns
