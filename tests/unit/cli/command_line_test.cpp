#include "pidns/cli/command_line.hpp"

#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>

#include "pidns/cli/option_table.hpp"
#include "pidns/util/options.hpp"
#include "pidns/util/text.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

using Words = std::vector<std::string>;

std::variant<Options, ListRequest, CheckRequest, Printout> parse_words(const Words& words) {
  std::vector<const char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(word.c_str());
  }
  return parse(arguments);
}

Options options_of(const Words& words) {
  return std::get<Options>(parse_words(words));
}

/// The options alone; the command does not matter.
Options with(Words words) {
  words.insert(words.end(), {"--", "true"});
  return options_of(words);
}

ListRequest list_of(const Words& words) {
  return std::get<ListRequest>(parse_words(words));
}

/// What the usage error says; `no error` if there is none.
std::string error_of(const Words& words) {
  try {
    parse_words(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

constexpr int pid_and_mount = CLONE_NEWPID | CLONE_NEWNS;

}  // namespace

TEST_CASE("naming no step gets them all", "[cli]") {
  const Options options = options_of({"true"});
  CHECK(options.fork);
  CHECK(options.mount_proc == "/proc");
  CHECK(options.namespaces == pid_and_mount);
  CHECK(options.command == Words{"true"});
}

TEST_CASE("naming steps gets exactly those", "[cli]") {
  for (const char* fork : {"--fork", "-f"}) {
    const Options options = with({fork});
    CHECK(options.fork);
    CHECK(options.mount_proc == std::nullopt);
    CHECK(options.namespaces == CLONE_NEWPID);
  }
  for (const Words& words :
       {Words{"--mount-proc"}, Words{"--fork", "--mount-proc"}, Words{"-f", "--mount-proc"}}) {
    const Options options = with(words);
    CHECK(options.fork);
    CHECK(options.mount_proc == "/proc");
    CHECK(options.namespaces == pid_and_mount);
  }
  const Options options = with({"--no-fork"});
  CHECK_FALSE(options.fork);
  CHECK(options.mount_proc == std::nullopt);
  CHECK(options.namespaces == CLONE_NEWPID);
}

TEST_CASE("options that are no steps leave all steps in place", "[cli]") {
  for (const char* word :
       {"--pid", "-p", "-v", "--no-user", "-r", "-U", "-u", "--kill-child", "--new-session",
        "--forward-signals", "--propagation=slave", "--wd=/", "--root=/"}) {
    INFO(word);
    const Options options = with({word});
    CHECK(options.fork);
    CHECK(options.mount_proc == "/proc");
    CHECK((options.namespaces & pid_and_mount) == pid_and_mount);
  }
}

TEST_CASE("a proc for nobody inside is a usage error that says why", "[cli]") {
  CHECK_THAT(error_of({"--no-fork", "--mount-proc", "true"}),
             Catch::StartsWith("--no-fork --mount-proc: ") && Catch::Contains("without fork"));
  CHECK_THAT(error_of({"--mount-proc=/mnt", "--no-fork", "true"}),
             Catch::StartsWith("--no-fork --mount-proc: "));
}

TEST_CASE("options that contradict each other are refused", "[cli]") {
  CHECK(error_of({"--fork", "--no-fork", "true"}) == "--fork and --no-fork: mutually exclusive");
  CHECK(error_of({"--no-fork", "-f", "true"}) == "--fork and --no-fork: mutually exclusive");
  CHECK(error_of({"--kill-child=TERM", "--no-kill-child", "true"}) ==
        "--kill-child and --no-kill-child: mutually exclusive");
}

TEST_CASE("every namespace has its letter and its name", "[cli]") {
  const std::map<std::string, std::pair<std::string, int>> kinds{
      {"-m", {"--mount", CLONE_NEWNS}},      {"-u", {"--uts", CLONE_NEWUTS}},
      {"-i", {"--ipc", CLONE_NEWIPC}},       {"-n", {"--net", CLONE_NEWNET}},
      {"-C", {"--cgroup", CLONE_NEWCGROUP}}, {"-T", {"--time", CLONE_NEWTIME}},
      {"-U", {"--user", CLONE_NEWUSER}}};
  for (const auto& [letter, kind] : kinds) {
    INFO(letter);
    CHECK(with({"-f", letter}).namespaces == (CLONE_NEWPID | kind.second));
    CHECK(with({"-f", kind.first}).namespaces == (CLONE_NEWPID | kind.second));
  }
  CHECK(with({"-fmuinCTU"}).namespaces == (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                                           CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_NEWUSER));
}

TEST_CASE("a user namespace is asked for with or without a map", "[cli]") {
  CHECK((with({}).namespaces & CLONE_NEWUSER) == 0);
  CHECK((with({"-U"}).namespaces & CLONE_NEWUSER) != 0);
  CHECK(with({"-U"}).users.current == std::nullopt);
  CHECK(with({"-U"}).groups.current == std::nullopt);
  for (const Words& words : {Words{"-r"}, Words{"--map-root-user"}, Words{"-U", "-r"}}) {
    CHECK(with(words).users.current == "0");
    CHECK(with(words).groups.current == "0");
    CHECK((with(words).namespaces & CLONE_NEWUSER) != 0);
  }
  for (const Words& words : {Words{"-c"}, Words{"--map-current-user"}, Words{"-cU"}}) {
    CHECK(with(words).users.current == std::to_string(::geteuid()));
    CHECK(with(words).groups.current == std::to_string(::getegid()));
    CHECK((with(words).namespaces & CLONE_NEWUSER) != 0);
  }
  CHECK(with({}).automatic_user_namespace);
  CHECK_FALSE(with({"--no-user"}).automatic_user_namespace);
}

TEST_CASE("every option about a map or an owner implies a user namespace", "[cli]") {
  for (const char* word :
       {"--map-user=1", "--map-group=1", "--map-users=0:1:2", "--map-groups=0:1:2", "--map-users=auto",
        "--map-groups=all", "--map-auto", "--map-subids", "-r", "-c", "--owner=1:2"}) {
    CAPTURE(word);
    CHECK((with({word}).namespaces & CLONE_NEWUSER) != 0);
  }
  for (const char* word : {"--setgroups=allow", "--keep-caps", "-S1", "-G1", "--no-user"}) {
    CAPTURE(word);
    CHECK((with({word}).namespaces & CLONE_NEWUSER) == 0);
  }
}

TEST_CASE("of the options that map the same id the last one counts", "[cli]") {
  CHECK(with({"--map-user=1", "--map-user", "2"}).users.current == "2");
  CHECK(with({"--map-user=name", "-r"}).users.current == "0");
  CHECK(with({"-r", "--map-user=name"}).users.current == "name");
  CHECK(with({"-r", "--map-user=name"}).groups.current == "0");
  CHECK(with({"-r", "--map-group=5", "--map-user=6", "--map-group=7"}).groups.current == "7");
  CHECK(with({"-c", "-r"}).users.current == "0");
  CHECK(with({"-rc"}).groups.current == std::to_string(::getegid()));
  CHECK(with({"-r", "-c", "-r"}).users.current == "0");
}

TEST_CASE("blocks of ids are collected in their order", "[cli]") {
  const MapBlock automatic{.source = MapBlock::Source::automatic};
  const MapBlock subids{.source = MapBlock::Source::subids};
  const MapBlock all{.source = MapBlock::Source::all};
  const Options options = with({"--map-users=0:1:2", "--map-users", "5,6,7", "--map-groups=all"});
  CHECK(options.users.blocks ==
        std::vector<MapBlock>{{.range = {0, 1, 2}}, {.range = {6, 5, 7}, .old_form = true}});
  CHECK(options.groups.blocks == std::vector<MapBlock>{all});
  CHECK(with({"--map-users=auto", "--map-users=subids"}).users.blocks ==
        std::vector<MapBlock>{automatic, subids});
  CHECK(with({"--map-auto"}).users.blocks == std::vector<MapBlock>{automatic});
  CHECK(with({"--map-auto"}).groups.blocks == std::vector<MapBlock>{automatic});
  CHECK(with({"--map-subids", "--map-groups=all"}).groups.blocks == std::vector<MapBlock>{subids, all});
  CHECK(with({"--map-groups=all", "--map-subids"}).groups.blocks == std::vector<MapBlock>{all, subids});
  for (const char* option : {"--map-users", "--map-groups"}) {
    for (const char* value : {"1", "1:2", "1:2:3:4", "a:b:c", "-1:2:3", "1:2:4294967296", "everything"}) {
      CHECK(error_of({option, value, "true"}) ==
            std::string(option) + ": " + value + " is not INNER:OUTER:COUNT, auto, subids or all");
    }
    CHECK(error_of({option}) == std::string(option) + ": needs a value");
    CHECK(error_of({std::string(option) + "=", "true"}) == std::string(option) + ": the value is empty");
  }
}

TEST_CASE("an owner is two numbers", "[cli]") {
  CHECK(with({}).owner == std::nullopt);
  CHECK(with({"--owner", "1:2"}).owner == Ids{1, 2});
  CHECK(with({"--owner=0:4294967294"}).owner == Ids{0, 4294967294});
  for (const char* value : {"1", "1:", ":1", "root:root", "1:2:3", "-1:1", "4294967295:0", "1:2 "}) {
    CHECK(error_of({"--owner", value, "true"}) == std::string("--owner: ") + value + " is not UID:GID");
  }
}

TEST_CASE("setgroups is allowed or denied where that can be", "[cli]") {
  CHECK(with({"-U"}).setgroups == std::nullopt);
  CHECK(with({"-r"}).setgroups == std::nullopt);
  CHECK(with({"-U", "--setgroups=deny"}).setgroups == Setgroups::deny);
  CHECK(with({"--setgroups", "deny", "-r"}).setgroups == Setgroups::deny);
  CHECK(with({"--setgroups=allow"}).setgroups == Setgroups::allow);
  CHECK(with({"--map-auto", "-r", "--setgroups=allow"}).setgroups == Setgroups::allow);
  CHECK(with({"--owner=1:2", "-r", "--setgroups=allow"}).setgroups == Setgroups::allow);
  CHECK(error_of({"--setgroups=yes", "true"}) == "--setgroups: yes is not allow or deny");
  CHECK(error_of({"--setgroups=deny", "true"}) ==
        "--setgroups=deny: needs a user namespace: --user or one of the maps");
  for (const char* word : {"-r", "-c", "--map-group=5"}) {
    CHECK(error_of({word, "--setgroups=allow", "true"}) ==
          "--setgroups=allow and --map-group, which -r and -c imply: mutually exclusive");
  }
}

TEST_CASE("ids and capabilities of the command", "[cli]") {
  CHECK(with({}).user == std::nullopt);
  CHECK(with({}).group == std::nullopt);
  CHECK_FALSE(with({}).keep_capabilities);
  CHECK(with({"--keep-caps"}).keep_capabilities);
  for (const Words& words : {Words{"-S", "0"}, Words{"-S0"}, Words{"--setuid=0"}, Words{"--setuid", "0"}}) {
    CHECK(with(words).user == 0U);
  }
  for (const Words& words : {Words{"-G", "7"}, Words{"-G7"}, Words{"--setgid=7"}, Words{"--setgid", "7"}}) {
    CHECK(with(words).group == 7U);
  }
  for (const char* name : {"root", "www-data", "_apt"}) {
    CHECK(with({"-S", name}).user_name == name);
    CHECK(with({"-G", name}).group_name == name);
    CHECK(with({"-S", name, "-S7"}).user_name.empty());
    CHECK(with({"-S7", "-S", name}).user == std::nullopt);
  }
  for (const char* value : {"-1", "4294967295", "4294967296", "1x", "0x1"}) {
    CHECK(error_of({"-S", value, "true"}) == std::string("--setuid: ") + value + " is not an ID");
    CHECK(error_of({"-G", value, "true"}) == std::string("--setgid: ") + value + " is not an ID");
  }
}

TEST_CASE("the death of pidns sends the command SIGKILL unless another signal is named", "[cli]") {
  CHECK(with({}).kill_child == SIGKILL);
  CHECK(with({"--kill-child"}).kill_child == SIGKILL);
  CHECK(with({"--kill-child=TERM"}).kill_child == SIGTERM);
  CHECK(with({"--kill-child=sigint"}).kill_child == SIGINT);
  CHECK(with({"--kill-child=RTMIN+3"}).kill_child == SIGRTMIN + 3);
  CHECK(with({"--kill-child=10"}).kill_child == 10);
  CHECK(with({"--no-kill-child"}).kill_child == 0);
  for (const char* value : {"0", "65", "FOO", "-9", "TERM "}) {
    CHECK(error_of({std::string("--kill-child=") + value, "true"}) ==
          std::string("--kill-child: ") + value + " is not a signal");
  }
}

TEST_CASE("propagation takes the four modes of mount namespaces", "[cli]") {
  CHECK(with({}).propagation == (MS_PRIVATE | MS_REC));
  CHECK(with({"--propagation", "private"}).propagation == (MS_PRIVATE | MS_REC));
  CHECK(with({"--propagation=slave"}).propagation == (MS_SLAVE | MS_REC));
  CHECK(with({"--propagation=shared"}).propagation == (MS_SHARED | MS_REC));
  CHECK(with({"--propagation=unchanged"}).propagation == 0);
  CHECK(error_of({"--propagation=public", "true"}) ==
        "--propagation: public is not private, slave, shared or unchanged");
}

TEST_CASE("flags that stand for themselves", "[cli]") {
  CHECK_FALSE(with({}).new_session);
  CHECK(with({"--new-session"}).new_session);
  CHECK_FALSE(with({}).explain);
  CHECK(with({"--explain"}).explain);
  CHECK(with({"--join=1", "--explain"}).explain);
  CHECK_FALSE(with({"--explain"}).explain_step);
  CHECK(with({"--explain=step"}).explain);
  CHECK(with({"--explain=step"}).explain_step);
  CHECK(error_of({"--explain=all", "true"}) == "--explain: all is not step");
  CHECK(with({}).verbosity == 0);
  CHECK(with({"-v"}).verbosity == 1);
  CHECK(with({"--verbose"}).verbosity == 1);
  CHECK(with({"-vv"}).verbosity == 2);
  CHECK(with({"-v", "--verbose"}).verbosity == 2);
  CHECK(with({"-p", "--pid", "--forward-signals"}).namespaces == pid_and_mount);
}

TEST_CASE("short options can be bundled", "[cli]") {
  const Options forked = options_of({"-fp", "ls", "--fork"});
  CHECK(forked.fork);
  CHECK(forked.mount_proc == std::nullopt);
  CHECK(forked.command == Words{"ls", "--fork"});

  const Options mapped = options_of({"-UrT", "ls"});
  CHECK(mapped.users.current == "0");
  CHECK(mapped.namespaces == (pid_and_mount | CLONE_NEWUSER | CLONE_NEWTIME));
  CHECK(mapped.command == Words{"ls"});

  const Options rooted = options_of({"-fpR/srv", "ls"});
  CHECK(rooted.root == "/srv");
  CHECK(rooted.command == Words{"ls"});
}

TEST_CASE("a required value is the next word or stands behind the letter or the equals sign", "[cli]") {
  for (const Words& words :
       {Words{"-w", "/srv"}, Words{"-w/srv"}, Words{"--wd", "/srv"}, Words{"--wd=/srv"}}) {
    CHECK(with(words).working_directory == "/srv");
  }
  for (const Words& words :
       {Words{"-R", "/srv"}, Words{"-R/srv"}, Words{"--root", "/srv"}, Words{"--root=/srv"}}) {
    CHECK(with(words).root == "/srv");
  }
  CHECK(with({}).working_directory == std::nullopt);
  CHECK(with({}).root == std::nullopt);
}

TEST_CASE("an optional value is taken only with an equals sign", "[cli]") {
  const Options bash = options_of({"--mount-proc", "/bin/bash"});
  CHECK(bash.mount_proc == "/proc");
  CHECK(bash.command == Words{"/bin/bash"});
  const Options elsewhere = options_of({"--mount-proc=/mnt", "/bin/bash"});
  CHECK(elsewhere.mount_proc == "/mnt");
  CHECK(elsewhere.command == Words{"/bin/bash"});
  CHECK(options_of({"--kill-child", "TERM"}).command == Words{"TERM"});
}

TEST_CASE("a value is taken as it is", "[cli]") {
  for (const char* value : {"-x", "--", "--fork", "a=b", "a b", "a,b", "[a,b]", "{}", "'a'", "\"a\"", "%%",
                            "true", "false", "-", "\\n"}) {
    INFO(value);
    const Options options = with({"--wd", value});
    CHECK(options.working_directory == value);
    CHECK(options.fork);
    CHECK(options.mount_proc == "/proc");
    CHECK(with({std::string("--wd=") + value}).working_directory == value);
  }
}

TEST_CASE("an optional value is taken as it is", "[cli]") {
  for (const char* value : {"-x", "--", "a=b", "a b", "a,b", "[a,b]", "'a'", "true", "false", "-", "{}"}) {
    CHECK(with({std::string("--mount-proc=") + value}).mount_proc == value);
  }
  CHECK(error_of({"--kill-child={}", "true"}) == "--kill-child: {} is not a signal");
}

TEST_CASE("of a value given twice the last one counts", "[cli]") {
  CHECK(with({"--wd=/a", "-w", "/b"}).working_directory == "/b");
  CHECK(with({"--mount-proc=/a", "--mount-proc=/b"}).mount_proc == "/b");
}

TEST_CASE("missing and empty values are refused", "[cli]") {
  CHECK(error_of({"--wd"}) == "--wd: needs a value");
  CHECK(error_of({"-w"}) == "--wd: needs a value");
  CHECK(error_of({"-fR"}) == "--root: needs a value");
  CHECK(error_of({"--wd=", "true"}) == "--wd: the value is empty");
  CHECK(error_of({"--wd", "", "true"}) == "--wd: the value is empty");
  CHECK(error_of({"-w", "", "true"}) == "--wd: the value is empty");
  CHECK(error_of({"--mount-proc=", "true"}) == "--mount-proc: the value is empty");
  CHECK(error_of({"--propagation=", "true"}) == "--propagation: the value is empty");
  CHECK(error_of({"--fork=yes", "true"}) == "--fork: takes no value");
  CHECK(error_of({"--verbose=2", "true"}) == "--verbose: takes no value");
}

TEST_CASE("a prefix that only one option has stands for it", "[cli]") {
  CHECK(with({"--mount-p=/mnt"}).mount_proc == "/mnt");
  CHECK(with({"--propag=slave"}).propagation == (MS_SLAVE | MS_REC));
  CHECK(with({"--map-r"}).users.current == "0");
  CHECK(with({"--mount", "--fork"}).mount_proc == std::nullopt);  // whole names are no prefixes
}

TEST_CASE("a prefix of several options is refused and they are named", "[cli]") {
  CHECK_THAT(error_of({"--for", "true"}), Catch::StartsWith("--for: ambiguous option, ") &&
                                              Catch::Contains("--fork") &&
                                              Catch::Contains("--forward-signals"));
  CHECK_THAT(error_of({"--ver"}), Catch::Contains("--verbose") && Catch::Contains("--version"));
}

TEST_CASE("an unknown option is refused and the nearest one is suggested", "[cli]") {
  CHECK(error_of({"--frok", "true"}) == "--frok: unknown option, did you mean --fork?");
  CHECK(error_of({"--mountproc=/mnt"}) == "--mountproc: unknown option, did you mean --mount-proc?");
  CHECK(error_of({"--no-frok"}) == "--no-frok: unknown option, did you mean --no-fork?");
  CHECK(error_of({"--zyzzyva"}) == "--zyzzyva: unknown option, see pidns --help");
  CHECK(error_of({"-Q"}) == "-Q: unknown option, see pidns --help");
  CHECK(error_of({"-fQ"}) == "-fQ: unknown option -Q, see pidns --help");
  CHECK(error_of({"-f-", "true"}) == "-f-: unknown option, see pidns --help");
}

TEST_CASE("the words of the command are never read or changed", "[cli]") {
  for (const Words& command :
       {Words{"ls", "-l", "--fork"}, Words{"[", "1", "=", "1", "]"},
        Words{"printf", "%s", "", "[a,b]", "{}", "--", "--no-fork"}, Words{"{}"}, Words{"[a,b]"}, Words{"-"},
        Words{"true", "-h", "--version", "--mount-proc="}, Words{"", ""}, Words{"a", "--", "-f", "--"},
        Words{"sh", "-c", "echo \"$1\"", "'quoted'", "\xff\xfe"}}) {
    CAPTURE(command);
    CHECK(options_of(command).command == command);
    CHECK(options_of(command).mount_proc == "/proc");
    Words after_options{"-f", "--wd", "/", "--"};
    after_options.insert(after_options.end(), command.begin(), command.end());
    CHECK(options_of(after_options).command == command);
  }
}

TEST_CASE("after two minus signs everything is the command", "[cli]") {
  CHECK(options_of({"--", "-f"}).command == Words{"-f"});
  CHECK(options_of({"--", "-f"}).mount_proc == "/proc");
  CHECK(options_of({"--", "--", "-f"}).command == Words{"--", "-f"});
}

TEST_CASE("a command may have ten thousand words", "[cli]") {
  const Words command(10000, "--fork");
  Words words{"--"};
  words.insert(words.end(), command.begin(), command.end());
  CHECK(options_of(words).command == command);
}

TEST_CASE("without a command none is chosen yet", "[cli]") {
  for (const Words& words : {Words{}, Words{"--"}, Words{"-f"}, Words{"--mount-proc", "--"}}) {
    CHECK(options_of(words).command.empty());
  }
}

TEST_CASE("a namespace is pinned in the file that is named", "[cli]") {
  for (const auto& [name, kind] : std::map<std::string, int>{{"mount", CLONE_NEWNS},
                                                             {"uts", CLONE_NEWUTS},
                                                             {"ipc", CLONE_NEWIPC},
                                                             {"net", CLONE_NEWNET},
                                                             {"pid", CLONE_NEWPID},
                                                             {"user", CLONE_NEWUSER},
                                                             {"cgroup", CLONE_NEWCGROUP},
                                                             {"time", CLONE_NEWTIME}}) {
    CAPTURE(name);
    const Options options = with({"--" + name + "=/a"});
    CHECK(options.pinned == std::vector<PinnedNamespace>{{.kind = kind, .file = "/a"}});
    CHECK((options.namespaces & kind) != 0);
    CHECK(with({"--" + name}).pinned.empty());
    CHECK(error_of({"--" + name + "=", "true"}) == "--" + name + ": the value is empty");
  }
  CHECK(with({"--net=/a", "-n", "--uts", "--net=/b", "-n"}).pinned ==
        std::vector<PinnedNamespace>{{.kind = CLONE_NEWNET, .file = "/b"}});
  CHECK(with({"--uts=/a", "--net=/b"}).pinned.size() == 2);
  for (const char* value : {"{}", "[a,b]", "--", "-x", "true"}) {
    CHECK(with({std::string("--net=") + value}).pinned.at(0).file == value);
  }
  CHECK(options_of({"--net", "/a"}).command == Words{"/a"});
}

TEST_CASE("without fork there is no PID namespace to keep", "[cli]") {
  CHECK_THAT(error_of({"--no-fork", "--pid=/a", "true"}), Catch::StartsWith("--no-fork --pid=FILE: "));
  CHECK(with({"--no-fork", "--net=/a"}).pinned.size() == 1);
}

TEST_CASE("clocks are moved by seconds that may begin with a sign", "[cli]") {
  CHECK(with({"-T", "--monotonic", "-5", "--boottime=+7"}).monotonic == -5);
  CHECK(with({"-T", "--monotonic", "-5", "--boottime=+7"}).boottime == 7);
  CHECK(with({"-T"}).monotonic == std::nullopt);
  for (const std::string name : {"--monotonic", "--boottime"}) {
    CHECK(error_of({name, "5", "true"}) == name + ": requires --time");
    for (const std::string value : {"x", "5x", "+-5", "--", "1.5", "9223372036854775808"}) {
      CHECK(error_of({"-T", name, value, "true"}) == name + ": " + value + " is not a number of seconds");
    }
  }
}

TEST_CASE("binfmt_misc takes a user and a mount namespace", "[cli]") {
  const Options options = with({"--mount-binfmt"});
  CHECK(options.mount_binfmt == "/proc/sys/fs/binfmt_misc");
  CHECK((options.namespaces & (CLONE_NEWUSER | CLONE_NEWNS)) == (CLONE_NEWUSER | CLONE_NEWNS));
  CHECK(with({"--mount-binfmt=/mnt"}).mount_binfmt == "/mnt");
}

TEST_CASE("binfmt_misc in its usual place needs a proc around it", "[cli]") {
  CHECK(with({"-f", "--mount-binfmt"}).mount_proc == "/proc");
  CHECK(with({"-f", "--mount-binfmt", "--mount-proc=/mnt"}).mount_proc == "/mnt");
  CHECK(with({"-f", "--mount-binfmt=/mnt"}).mount_proc == std::nullopt);
  CHECK_THAT(error_of({"--no-fork", "--mount-binfmt", "true"}),
             Catch::StartsWith("--no-fork --mount-binfmt: "));
  CHECK_FALSE(with({"--no-fork", "--mount-binfmt=/mnt"}).fork);
}

TEST_CASE("a definition to load implies binfmt_misc", "[cli]") {
  const std::string definition = ":foo:E::foo::/bin/echo:";
  for (const Words& words : {Words{"-l", definition}, Words{"--load-interp=" + definition}}) {
    CHECK(with(words).load_interp->text == definition);
    CHECK(with(words).mount_binfmt == "/proc/sys/fs/binfmt_misc");
  }
  CHECK(with({"-l", definition, "--mount-binfmt=/mnt"}).mount_binfmt == "/mnt");
  CHECK(error_of({"-l", "foo", "true"}) ==
        "--load-interp: foo is not :name:type:offset:magic:mask:interpreter:flags");
}

TEST_CASE("the environment is left whole, emptied, or cut to what is named", "[cli]") {
  CHECK(with({}).environment == std::nullopt);
  CHECK(with({"--clear-env"}).environment == Words{});
  CHECK(with({"--whitelist-env", "A,B", "--whitelist-env=C"}).environment == Words{"A", "B", "C"});
  CHECK(with({"--clear-env", "--whitelist-env=A"}).environment == Words{"A"});
}

TEST_CASE("a list is asked for with or without a PID", "[cli]") {
  const std::vector<Target> one{{.kind = Target::Kind::process, .number = 4711, .text = "4711"}};
  CHECK(list_of({"--list"}).targets.empty());
  CHECK_FALSE(list_of({"--list"}).json);
  for (const Words& words : {Words{"--list=4711"}, Words{"--list", "4711"}, Words{"--list", "--", "4711"},
                             Words{"--list", "-v", "4711"}, Words{"--list", "4711", "-v"}}) {
    CAPTURE(words);
    CHECK(list_of(words).targets == one);
    CHECK_FALSE(list_of(words).json);
  }
  for (const Words& words : {Words{"--list", "--json", "4711"}, Words{"--list", "4711", "--json"},
                             Words{"--json", "--list=4711"}, Words{"--json", "--list", "4711"}}) {
    CAPTURE(words);
    CHECK(list_of(words).targets == one);
    CHECK(list_of(words).json);
  }
}

TEST_CASE("what is listed and joined is a PID, a namespace or a file", "[cli]") {
  const Target process{.kind = Target::Kind::process, .number = 4026531, .text = "4026531"};
  const Target number{.kind = Target::Kind::pid_namespace, .number = 4026532292, .text = "4026532292"};
  const Target link{.kind = Target::Kind::pid_namespace, .number = 4026532292, .text = "pid:[4026532292]"};
  const Target file{.kind = Target::Kind::file, .number = 0, .text = "./kept"};
  for (const Target& target : {process, number, link, file}) {
    CAPTURE(target.text);
    CHECK(list_of({"--list", target.text.c_str()}).targets == std::vector{target});
    CHECK(list_of({"--list", "--json", target.text.c_str()}).targets == std::vector{target});
    CHECK(with({"--join", target.text.c_str()}).join == target);
  }
  const std::vector<Target> several{process, link, file};
  for (const Words& words : {Words{"--list", "4026531", "pid:[4026532292]", "./kept", "--json"},
                             Words{"--list=4026531", "--json", "pid:[4026532292]", "--", "./kept"},
                             Words{"--json", "--list", "--", "4026531", "pid:[4026532292]", "./kept"}}) {
    CAPTURE(words);
    CHECK(list_of(words).targets == several);
    CHECK(list_of(words).json);
  }
}

TEST_CASE("a list takes nothing but what can be listed", "[cli]") {
  for (const char* word : {"x", "0", "4711x", "99999999999", "4711,4712", "+1", "pid:[4711]",
                           "mnt:[4026532292]", "pid:[4026532292", "3000000000"}) {
    CHECK(error_of({"--list", word}) == std::string("--list: ") + word + " is not a PID");
    CHECK(error_of({std::string("--list=") + word}) == std::string("--list: ") + word + " is not a PID");
    CHECK(error_of({"--list", "--", word}) == std::string("--list: ") + word + " is not a PID");
  }
  CHECK(error_of({"--list="}) == "--list: the value is empty");
  CHECK(error_of({"--list", ""}) == "--list: the value is empty");
  CHECK(error_of({"--list", "1", "ls"}) == "--list: ls is not a PID");
  CHECK(error_of({"--list", "1", "--", "--json"}) == "--list: --json is not a PID");
  CHECK(error_of({"--list", "--fork"}) == "--list: cannot be combined with --fork");
  CHECK(error_of({"--join=1", "--list"}) == "--list: cannot be combined with --join");
  CHECK(error_of({"--json", "true"}) == "--json: requires --list");
}

TEST_CASE("a list is shown in one way", "[cli]") {
  CHECK(list_of({"--list", "--dot"}).dot);
  CHECK(list_of({"--list"}).watch == std::nullopt);
  CHECK(list_of({"--list", "--watch"}).watch == std::chrono::milliseconds(1000));
  CHECK(list_of({"--list", "--watch=0.5", "4711"}).watch == std::chrono::milliseconds(500));
  CHECK(error_of({"--list", "--json", "--watch"}) == "--json and --watch: mutually exclusive");
  CHECK(error_of({"--list", "--json", "--dot"}) == "--json and --dot: mutually exclusive");
  CHECK(error_of({"--list", "--dot", "--watch"}) == "--dot and --watch: mutually exclusive");
  CHECK(error_of({"--dot", "true"}) == "--dot: requires --list");
  CHECK(error_of({"--watch", "true"}) == "--watch: requires --list");
  for (const char* word : {"0", "0.09", "-1", "x", "infinity", "1s"}) {
    CHECK(error_of({"--list", (std::string("--watch=") + word).c_str()}) ==
          std::string("--watch: ") + word + " is not a number of seconds from 0.1 on");
  }
}

TEST_CASE("a check takes no command", "[cli]") {
  CHECK(std::holds_alternative<CheckRequest>(parse_words({"--check"})));
  CHECK(error_of({"--check", "true"}) == "--check: takes no COMMAND: true");
  CHECK(error_of({"--check", "--fork"}) == "--check: cannot be combined with --fork");
  CHECK(error_of({"--check", "--list"}) == "--list and --check: mutually exclusive");
}

TEST_CASE("colours are chosen for what has some", "[cli]") {
  CHECK(list_of({"--list", "--color=never"}).colour == ColourWhen::never);
  CHECK(list_of({"--list", "--color", "always"}).colour == ColourWhen::always);
  CHECK(list_of({"--list", "--color=auto"}).colour == ColourWhen::automatic);
  CHECK(std::get<CheckRequest>(parse_words({"--check", "--color=always"})).colour == ColourWhen::always);
  CHECK(with({"--explain", "--color=never"}).colour == ColourWhen::never);
  CHECK(error_of({"--list", "--color=red"}) == "--color: red is not auto, always or never");
  CHECK(error_of({"--color=never", "true"}) == "--color: requires --list or --check or --explain");
}

TEST_CASE("joining makes no namespace", "[cli]") {
  for (const Words& words : {Words{"--join=4711"}, Words{"--join", "4711"}}) {
    const Options options = with(words);
    CHECK(options.join->number == 4711);
    CHECK(options.namespaces == 0);
    CHECK(options.join_namespaces == 0);
    CHECK(options.mount_proc == std::nullopt);
    CHECK(options.command == Words{"true"});
  }
  CHECK(with({}).join == std::nullopt);
  CHECK(with({"--join=010"}).join->number == 10);  // a PID is decimal, as everywhere
  CHECK(with({"--join=1", "-nu", "--time"}).join_namespaces ==
        (CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWTIME));
  CHECK(with({"--join=1", "--pid"}).join_namespaces == CLONE_NEWPID);
  CHECK(error_of({"--join=1", "--net=file", "true"}) == "--net: takes no value with --join");
  CHECK(with({"--join=1", "--wd=/srv", "--new-session", "--kill-child=TERM", "-v"}).working_directory ==
        "/srv");
}

TEST_CASE("options about a new namespace do not go with joining one", "[cli]") {
  for (const char* word : {"--fork", "--mount-proc", "--no-fork", "--init", "--map-root-user", "--no-user",
                           "--propagation=slave", "--root=/"}) {
    const std::string name = std::string(word).substr(0, std::string(word).find('='));
    CHECK(error_of({"--join=1", word, "true"}) == "--join: cannot be combined with " + name);
  }
  for (const char* word : {"all", "0", "x", "-1", "1x"}) {
    CHECK(error_of({std::string("--join=") + word, "true"}) ==
          std::string("--join: ") + word + " is not a PID");
  }
  CHECK(error_of({"--join"}) == "--join: needs a value");
}

TEST_CASE("where no step is named there is an init, and --init names it", "[command_line]") {
  for (const Words& words : {Words{}, {"-u"}, {"--init"}, {"-p"}, {"-r", "--init"}}) {
    CHECK(with(words).init);
    CHECK(with(words).mount_proc == "/proc");
  }
  for (const Words& words : {Words{"--fork"}, {"--mount-proc"}, {"-fp", "--mount-proc=/x"}, {"--no-fork"}}) {
    CHECK_FALSE(with(words).init);
  }
  CHECK(with({"--init", "--fork"}).init);
  CHECK_FALSE(with({"--init", "--fork"}).mount_proc);
  CHECK(with({"--init"}).only_init_named);
  CHECK_FALSE(with({}).only_init_named);
  CHECK_FALSE(with({"--init", "--fork"}).only_init_named);
}

TEST_CASE("the grace is a time and needs the init", "[command_line]") {
  using std::chrono::milliseconds;
  CHECK(with({}).grace == milliseconds(0));
  CHECK(with({"--grace=10"}).grace == milliseconds(10000));
  CHECK(with({"--grace", "0.25"}).grace == milliseconds(250));
  CHECK(with({"--grace=infinity"}).grace == endless);
  CHECK(with({"--grace=1", "--fork", "--init"}).grace == milliseconds(1000));
  for (const std::string text : {"x", "-1", "1s", "1e99", "nan", "inf"}) {
    CHECK(error_of({"--grace=" + text, "true"}) ==
          "--grace: " + text + " is not a number of seconds, or infinity");
  }
  CHECK(error_of({"--grace=1", "--fork", "true"}) ==
        "--grace: requires the init, which --fork and --mount-proc leave out: add --init");
  CHECK(error_of({"--grace=1", "--no-fork", "true"}) == "--grace and --no-fork: mutually exclusive");
}

TEST_CASE("to die with the parent is to take the command along", "[command_line]") {
  CHECK(with({"--die-with-parent"}).die_with_parent);
  CHECK_FALSE(with({}).die_with_parent);
  CHECK(error_of({"--die-with-parent", "--no-kill-child", "true"}) ==
        "--die-with-parent and --no-kill-child: mutually exclusive");
}

TEST_CASE("the completions of every shell name every option", "[cli]") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = std::get<Printout>(parse_words({"--completion", shell})).text;
    for (const OptionSpec& option : option_table()) {
      CAPTURE(shell, option.name);
      const std::string name = (shell == std::string("fish") ? "-l " : "--") + std::string(option.name);
      CHECK_THAT(script, Catch::Contains(name));
    }
  }
  CHECK(error_of({"--completion=tcsh"}) == "--completion: tcsh is not bash, zsh or fish");
  CHECK(error_of({"--completion"}) == "--completion: needs a value");
}

TEST_CASE("help and version win over a command", "[cli]") {
  CHECK(std::get<Printout>(parse_words({"--help", "true"})).text == help_text());
  CHECK(std::get<Printout>(parse_words({"-h", "true"})).text == short_help_text());
  CHECK(std::get<Printout>(parse_words({"-h", "--help"})).text == help_text());
  CHECK(std::get<Printout>(parse_words({"--he", "-fh"})).text == help_text());
  for (const char* word : {"-V", "--version"}) {
    CHECK_THAT(std::get<Printout>(parse_words({word, "true"})).text,
               Catch::Matches("pidns [0-9]+\\.[0-9]+\\.[0-9]+ \\((static|dynamic)\\)\n"));
  }
  CHECK(options_of({"true", "--help"}).command == Words{"true", "--help"});
}

TEST_CASE("options without a value say the same beside one that has a value", "[cli]") {
  for (const Words& words :
       {Words{"--fork", "--mount-proc"}, Words{"-vv", "--init"}, Words{"-r", "-c"}, Words{"-c", "-r"},
        Words{"--net", "--time", "--clear-env"}, Words{"--explain", "--no-kill-child", "--no-fork"}}) {
    CAPTURE(words);
    const Options alone = with(words);
    Words beside_value = words;
    beside_value.emplace_back("--propagation=slave");
    const Options beside = with(beside_value);
    CHECK(alone.namespaces == beside.namespaces);
    CHECK(alone.fork == beside.fork);
    CHECK(alone.init == beside.init);
    CHECK(alone.mount_proc == beside.mount_proc);
    CHECK(alone.verbosity == beside.verbosity);
    CHECK(alone.explain == beside.explain);
    CHECK(alone.environment == beside.environment);
    CHECK(alone.kill_child == beside.kill_child);
    CHECK(alone.users.current == beside.users.current);
    CHECK(alone.groups.current == beside.groups.current);
  }
}
