#include "pidns/cli/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

#include "cli11.hpp"
#include "pidns/cli/completion.hpp"
#include "pidns/cli/getopt.hpp"
#include "pidns/cli/option_table.hpp"
#include "pidns/cli/values.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

/// Without fork no process is left to do what some of these ask for.
constexpr std::array exclusions{
    std::pair{"fork", "no-fork"},
    std::pair{"init", "no-fork"},
    std::pair{"grace", "no-fork"},
    std::pair{"die-with-parent", "no-kill-child"},
    std::pair{"kill-child", "no-kill-child"},
    std::pair{"kill-child", "no-fork"},
    std::pair{"new-session", "no-fork"},
    std::pair{"json-status-fd", "no-fork"},
    std::pair{"json", "dot"},
    std::pair{"json", "watch"},
    std::pair{"dot", "watch"},
    std::pair{"list", "check"},
};

/// Reads a value, and names the option when something is wrong with it.
template <typename Read>
void read_value(std::string_view option, Read read) {
  try {
    read();
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--{}: {}", option, error.what()), error.hint);
  }
}

void read_option(const OptionSpec& spec, const std::string& value, Settings& settings) {
  read_value(spec.name, [&] { spec.read(settings, value); });
}

void define(CLI::App& app, const OptionSpec& spec, Settings& settings) {
  const std::string name = fmt::format("--{}", spec.name);
  if (spec.read == nullptr) {
    app.add_flag(name);
    return;
  }
  const auto read = [&spec, &settings](const CLI::results_t& values) {
    read_option(spec, values.empty() ? std::string() : values.back(), settings);
    return true;
  };
  // Each as soon as it is parsed, since of the options that set the same member the last one counts:
  // `-r --map-user=5` is `--map-user=5 --map-group=0`.
  if (spec.value.takes == Takes::nothing) {
    app.add_flag_function(name, [read](std::int64_t) { read({}); })->trigger_on_parse();
  } else {
    app.add_option(name, read)->expected(0, 1)->trigger_on_parse();
  }
}

/// Defines the options that are on the line: each has a price, see docs/performance.md.
void define_options(CLI::App& app, const ParsedArgs& args, Settings& settings) {
  app.set_help_flag();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  for (const OptionSpec& spec : option_table()) {
    if (args.has(spec.name)) {
      define(app, spec, settings);
    }
  }
}

/// In the form that CLI11 reads: the last one first.
std::vector<std::string> to_cli11(const ParsedArgs& args) {
  std::vector<std::string> words;
  for (auto option = args.options.rbegin(); option != args.options.rend(); ++option) {
    const std::string_view name = option_table()[option->option].name;
    words.push_back(option->value.empty() ? fmt::format("--{}", name)
                                          : fmt::format("--{}={}", name, option->value));
  }
  return words;
}

/// Whether an option has a typed value that differs from its default.
bool has_values(const ParsedArgs& args) {
  return std::any_of(args.options.begin(), args.options.end(), [](const ParsedArgs::Occurrence& occurrence) {
    return occurrence.value != option_table()[occurrence.option].value.default_value;
  });
}

Settings read_settings(const ParsedArgs& args) {
  Settings settings;
  if (!has_values(args)) {  // without CLI11, which has a price: see docs/performance.md
    for (const auto& [option, value, is_letter] : args.options) {
      if (const OptionSpec& spec = option_table()[option]; spec.read != nullptr) {
        read_option(spec, value, settings);
      }
    }
    return settings;
  }
  CLI::App app;
  define_options(app, args, settings);
  try {
    app.parse(to_cli11(args));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  } catch (const UsageError& error) {
    throw args.doubtful.empty() ? error
                                : UsageError(error.what(), fmt::format("did you mean -{}?", args.doubtful));
  }
  return settings;
}

void refuse_contradictions(const ParsedArgs& args) {
  for (const auto& [one, other] : exclusions) {
    if (args.has(one) && args.has(other)) {
      throw UsageError(fmt::format("--{} and --{}: mutually exclusive", one, other));
    }
  }
}

/// Some options run something other than a command in a new namespace, where most of the others mean nothing.
void refuse_others(const ParsedArgs& args, std::string_view option,
                   std::initializer_list<std::string_view> companions) {
  for (const auto& occurrence : args.options) {
    const std::string_view other = option_table()[occurrence.option].name;
    if (other != option && std::find(companions.begin(), companions.end(), other) == companions.end()) {
      throw UsageError(fmt::format("--{}: cannot be combined with --{}", option, other));
    }
  }
}

/// -h asks for the short help, --help for the whole one.
bool asks_for_all(const ParsedArgs& args) {
  return std::any_of(args.options.begin(), args.options.end(), [](const ParsedArgs::Occurrence& occurrence) {
    return option_table()[occurrence.option].name == "help" && !occurrence.is_letter;
  });
}

ListRequest list_request(const ParsedArgs& args, ListRequest list) {
  refuse_others(args, "list", {"json", "dot", "watch", "color", "verbose"});
  read_value("list", [&] {
    for (const std::string& word : args.command) {
      list.targets.push_back(values::target(word));
    }
  });
  return list;
}

CheckRequest check_request(const ParsedArgs& args, CheckRequest check) {
  refuse_others(args, "check", {"color", "verbose"});
  if (!args.command.empty()) {
    throw UsageError(fmt::format("--check: takes no COMMAND: {}", args.command.front()));
  }
  return check;
}

/// Refuses options that say how something is shown where that is not shown.
void refuse_without(const ParsedArgs& args, std::initializer_list<std::string_view> options,
                    std::initializer_list<std::string_view> modes) {
  const auto is_given = [&](std::string_view option) { return args.has(option); };
  if (std::any_of(modes.begin(), modes.end(), is_given)) {
    return;
  }
  const auto* lonely = std::find_if(options.begin(), options.end(), is_given);
  if (lonely != options.end()) {
    throw UsageError(fmt::format("--{}: requires --{}", *lonely, fmt::join(modes, " or --")));
  }
}

/// Which steps are made: those that are named or, when none is, all of them. --init alone names all.
void choose_steps(Options& options, const ParsedArgs& args) {
  const bool named = args.has("fork") || args.has("no-fork") || args.has("mount-proc");
  options.only_init_named = options.init && !named;
  options.proc_is_implied = !args.has("mount-proc");
  if (!named) {
    options.mount_proc = "/proc";
    options.init = true;
  }
  if (options.mount_binfmt || options.load_interp) {
    options.mount_binfmt = options.mount_binfmt.value_or(default_binfmt);
    options.namespaces |= CLONE_NEWUSER | CLONE_NEWNS;
    if (options.mount_binfmt == default_binfmt && !options.mount_proc) {  // its directory is one of proc
      options.mount_proc = "/proc";
    }
  }
  if (options.mount_proc) {
    options.namespaces |= CLONE_NEWNS;
  }
}

void refuse_without_fork(const Options& options, const ParsedArgs& args) {
  if (options.mount_proc) {
    throw UsageError(
        fmt::format("--no-fork {}: a proc of the new namespace can only be mounted by a process inside it, "
                    "and without fork there is none yet",
                    args.has("mount-proc") ? "--mount-proc" : "--mount-binfmt"));
  }
  if (std::any_of(options.pinned.begin(), options.pinned.end(),
                  [](const PinnedNamespace& pinned) { return pinned.kind == CLONE_NEWPID; })) {
    throw UsageError(
        "--no-fork --pid=FILE: a PID namespace can be pinned once it has a process, and without fork "
        "COMMAND would have to make that first");
  }
}

bool asks_for_map(const IdMapRequest& request) {
  return request.current || !request.blocks.empty();
}

/// A map, or an owner, implies a user namespace.
void choose_user_namespace(Options& options) {
  if (asks_for_map(options.users) || asks_for_map(options.groups) || options.owner) {
    options.namespaces |= CLONE_NEWUSER;
  }
  if (options.setgroups == Setgroups::deny && (options.namespaces & CLONE_NEWUSER) == 0) {
    throw UsageError("--setgroups=deny: needs a user namespace: --user or one of the maps");
  }
  if (options.setgroups == Setgroups::allow && options.groups.current && options.groups.blocks.empty() &&
      !options.owner) {
    throw UsageError("--setgroups=allow and --map-group, which -r and -c imply: mutually exclusive");
  }
}

void refuse_clock_without_time(const Options& options) {
  if ((options.monotonic || options.boottime) && (options.namespaces & CLONE_NEWTIME) == 0) {
    throw UsageError(fmt::format("{}: requires --time", options.monotonic ? "--monotonic" : "--boottime"));
  }
}

Options join_options(const ParsedArgs& args, Options options) {
  refuse_others(args, "join",
                {"die-with-parent",
                 "kill-child",
                 "no-kill-child",
                 "forward-signals",
                 "new-session",
                 "json-status-fd",
                 "wd",
                 "clear-env",
                 "whitelist-env",
                 "explain",
                 "verbose",
                 "color",
                 "pid",
                 "user",
                 "mount",
                 "uts",
                 "ipc",
                 "net",
                 "cgroup",
                 "time"});
  if (!options.pinned.empty()) {
    const std::string_view option = namespace_kind(options.pinned.front().kind).option;
    throw UsageError(fmt::format("--{}: takes no value with --join", option));
  }
  const bool any_named = std::any_of(namespace_kinds.begin(), namespace_kinds.end(),
                                     [&](const NamespaceKind& kind) { return args.has(kind.option); });
  options.join_namespaces = any_named ? options.namespaces : 0;
  options.namespaces = 0;
  return options;
}

Options launch_options(const ParsedArgs& args, Options options) {
  choose_steps(options, args);
  if (!options.fork) {
    refuse_without_fork(options, args);
  }
  if (args.has("grace") && !options.init) {
    throw UsageError("--grace: requires the init, which --fork and --mount-proc leave out: add --init");
  }
  choose_user_namespace(options);
  refuse_clock_without_time(options);
  return options;
}

}  // namespace

std::variant<Options, ListRequest, CheckRequest, Printout> parse(std::span<const char* const> arguments) {
  ParsedArgs args = parse_args(arguments);
  Settings settings = read_settings(args);
  refuse_contradictions(args);
  if (args.has("help")) {
    return Printout{.text = asks_for_all(args) ? help_text() : short_help_text(), .is_help = true};
  }
  if (args.has("completion")) {
    return Printout{.text = completion_script(settings.completion)};
  }
  if (args.has("version")) {
    return Printout{.text = "pidns " PIDNS_VERSION " (" PIDNS_LINKAGE ")\n"};
  }
  if (args.has("list")) {
    return list_request(args, settings.list);
  }
  refuse_without(args, {"json", "dot", "watch"}, {"list"});
  if (args.has("check")) {
    return check_request(args, settings.check);
  }
  refuse_without(args, {"color"}, {"list", "check", "explain"});
  Options options = args.has("join") ? join_options(args, std::move(settings.options))
                                     : launch_options(args, std::move(settings.options));
  options.command = std::move(args.command);
  options.place = args.place;
  return options;
}

}  // namespace pidns
