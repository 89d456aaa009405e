#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <iostream>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

struct Mistake {
  std::vector<std::string> typed;
  int status;
  std::string text;
  std::string hint = {};
};

/// Prints how many lines get what the table says.
void check_mistakes(const std::string& name, const std::vector<Mistake>& mistakes,
                    const std::function<std::vector<std::string>(std::vector<std::string>)>& command) {
  int right = 0;
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.typed);
    const Result result = run(command(mistake.typed));
    const Message message = message_of(result);
    CHECK(message.text == mistake.text);
    CHECK(message.hint == mistake.hint);
    CHECK(result.status() == mistake.status);
    const bool is_right = message.text == mistake.text && message.hint == mistake.hint;
    right += is_right && result.status() == mistake.status ? 1 : 0;
  }
  std::cout << name << ": " << mistakes.size() << " lines, " << right << " with the line that helps\n";
}

std::string not_found(const std::string& word) {
  return "cannot execute '" + word + "': No such file or directory";
}

std::string refused(const std::string& word) {
  return "cannot execute '" + word + "': Permission denied";
}

/// Root without one capability, and pidns and its arguments.
std::vector<std::string> root_without(const std::string& capability, std::vector<std::string> arguments) {
  std::vector<std::string> command = harness::pidns(std::move(arguments));
  command.insert(command.begin(), {"setpriv", "--bounding-set=-" + capability});
  return command;
}

/// Where a part of /proc is covered, and no other proc is left that the kernel could take for one.
std::vector<std::string> where_proc_is_covered(std::vector<std::string> command) {
  return after_mounting(R"(
awk '/ - proc / && $5 != "/proc" { print $5 }' /proc/self/mountinfo | xargs -r umount -l
mount --bind /dev/null /proc/version
)",
                        std::move(command));
}

constexpr const char* no_proc = "cannot mount proc on /proc: Operation not permitted";
const std::string covered =
    "/proc is partly covered here, so the kernel refuses a new one to a user namespace: ";
constexpr const char* no_namespaces = "cannot create PID and mount namespaces: Operation not permitted";

}  // namespace

TEST_CASE("a line whose command cannot be executed gets the hint that helps", "[mistakes]") {
  const TemporaryDirectory directory;
  const std::string pin = directory.path() + "/pin";
  const std::string missing = directory.path() + "/missing";
  write_file(pin, "");
  const std::string quotes = "the quotes make it one word: leave them out, or type ";
  const std::vector<Mistake> mistakes{
      // the value of an option that takes one only with `=`
      {{"--mount-proc", "/", "ls"},
       126,
       refused("/"),
       "the value of --mount-proc needs an =: --mount-proc=/"},
      {{"--mount-proc", directory.path()},
       126,
       refused(directory.path()),
       "the value of --mount-proc needs an =: --mount-proc=" + directory.path()},
      {{"--kill-child", "TERM", "true"},
       127,
       not_found("TERM"),
       "the value of --kill-child needs an =: --kill-child=TERM"},
      {{"--kill-child", "9", "true"},
       127,
       not_found("9"),
       "the value of --kill-child needs an =: --kill-child=9"},
      {{"--pid", pin, "true"}, 126, refused(pin), "the value of --pid needs an =: --pid=" + pin},
      {{"-p", pin, "true"}, 126, refused(pin), "the value of --pid needs an =: --pid=" + pin},
      {{"--uts", missing, "true"},
       127,
       not_found(missing),
       "the value of --uts needs an =: --uts=" + missing},
      {{"--net", "lo", "true"},
       127,
       not_found("lo"),
       "--net takes a value only as --net=FILE: here lo is COMMAND"},
      {{"-fn", "lo", "true"},
       127,
       not_found("lo"),
       "--net takes a value only as --net=FILE: here lo is COMMAND"},
      {{"--net", "no-such-command", "-x"}, 127, not_found("no-such-command")},
      {{"--mount-proc", "--", "/"}, 126, refused("/"), "/ is a directory"},
      // a line for a shell
      {{"ls -l"}, 127, not_found("ls -l"), quotes + "sh -c 'ls -l'"},
      {{"--fork", "ls -l"}, 127, not_found("ls -l"), quotes + "sh -c 'ls -l'"},
      {{"-c", "ls -l"}, 127, not_found("ls -l"), quotes + "sh -c 'ls -l'"},
      {{"a; b"}, 127, not_found("a; b"), "only a shell reads such a line: sh -c 'a; b'"},
      {{"ls | wc"}, 127, not_found("ls | wc"), "only a shell reads such a line: sh -c 'ls | wc'"},
      {{"cd", "/tmp"}, 127, not_found("cd"), "cd is part of the shell: --wd=/tmp, or sh -c 'cd /tmp'"},
      {{"export", "A=1"}, 127, not_found("export"), "export is part of the shell: sh -c 'export A=1'"},
      {{"source", "file"}, 127, not_found("source"), "source is part of the shell: bash -c 'source file'"},
      {{".", "file"}, 126, refused("."), ". is part of the shell: sh -c '. file'"},
      {{"FOO=bar", "env"}, 127, not_found("FOO=bar"), "variables are set by env: env FOO=bar env"},
      // words that were meant for pidns
      {{"list"}, 127, not_found("list"), "did you mean --list?"},
      {{"explain", "true"}, 127, not_found("explain"), "did you mean --explain?"},
      {{"mount-proc=/mnt"}, 127, not_found("mount-proc=/mnt"), "did you mean --mount-proc=/mnt?"},
      {{"4711"}, 127, not_found("4711"), "4711 is a number: --join takes one PID, before COMMAND"},
      {{"run", "echo"}, 127, not_found("run"), "pidns has no subcommands: leave out run"},
      {{"exec", "echo"}, 127, not_found("exec"), "pidns has no subcommands: leave out exec"},
      {{"--", "--fork", "true"},
       127,
       not_found("--fork"),
       "what follows -- is COMMAND: options stand before it"},
      // characters of slides
      {{"—fork", "true"}, 127, not_found("—fork"), "—fork begins with a dash: type --fork"},
      {{"–f", "true"}, 127, not_found("–f"), "–f begins with a dash: type -f"},
      {{"“ls”"}, 127, not_found("“ls”"), "“ is not a quotation mark of the shell: type \" or '"},
      // nothing speaks for a mistake of that kind
      {{"no-such-command"}, 127, not_found("no-such-command")},
      {{"no such command"}, 127, not_found("no such command")},
      {{"/no/such/file"}, 127, not_found("/no/such/file")},
      {{""}, 127, not_found("")},
  };
  check_mistakes("commands that cannot be executed", mistakes, harness::pidns);
}

TEST_CASE("a directory that nobody has named is told with the way to do without it", "[mistakes]") {
  const TemporaryDirectory directory;
  const std::string& root = directory.path();
  const std::string text = "cannot mount proc on /proc in the new root: No such file or directory";
  const std::string hint =
      root + " has no directory proc: mkdir " + root + "/proc, or add --fork to do without";
  check_mistakes("roots without proc",
                 {{{"--root", root, "true"}, 125, text, hint},
                  {{"-R" + root, "true"}, 125, text, hint},
                  {{"--init", "--root", root, "true"}, 125, text, hint},
                  {{"--root", root, "--mount-proc", "true"},
                   125,
                   "--mount-proc=/proc in the new root: No such file or directory"},
                  {{"--root", root, "--fork", "true"}, 127, not_found("true")}},
                 harness::pidns);
}

TEST_CASE("users and groups have names", "[mistakes]") {
  CHECK(run_pidns({"--setgid=nogroup", "--setuid=nobody", "id", "-un"}).out == "nobody\n");
  CHECK(run_pidns({"-G", "nogroup", "-S", "nobody", "id", "-gn"}).out == "nogroup\n");
  CHECK(run_pidns({"-Snobody", "-S0", "id", "-u"}).out == "0\n");
  check_mistakes("names of nobody",
                 {{{"--setuid", "no-such-user", "true"}, 125, "--setuid: unknown user 'no-such-user'"},
                  {{"-G", "no-such-group", "true"}, 125, "--setgid: unknown group 'no-such-group'"},
                  {{"--setuid", "1x", "true"}, 125, "--setuid: 1x is not an ID"},
                  {{"--map-user", "no-such-user", "true"}, 125, "--map-user: unknown user 'no-such-user'"}},
                 harness::pidns);
}

TEST_CASE("an ID that does not exist in the user namespace gets the option that maps it", "[mistakes]") {
  const std::string absent = " does not exist in the user namespace: ";
  check_mistakes(
      "IDs that are not mapped",
      {{{"-S", "0", "true"},
        125,
        "cannot become user 0: Invalid argument",
        "user 0" + absent + "-r maps you to root"},
       {{"--setuid=root", "true"},
        125,
        "cannot become user 0: Invalid argument",
        "user 0" + absent + "-r maps you to root"},
       {{"-S7", "true"},
        125,
        "cannot become user 7: Invalid argument",
        "user 7" + absent + "--map-user=7 maps you to it"},
       {{"-US", "0", "true"},
        125,
        "cannot become user 0: Invalid argument",
        "user 0" + absent + "-r maps you to root"},
       {{"-G0", "true"},
        125,
        "cannot give up supplementary groups: Operation not permitted",
        "--setgid drops the supplementary groups, and this user namespace denies that: use --map-groups or "
        "--map-auto without --setgroups=deny, or -r without --setgid to be root"}},
      pidns_as_nobody);
  CHECK(run(pidns_as_nobody({"-r", "-S", "0", "id", "-u"})).out == "0\n");
  CHECK(run(pidns_as_nobody({"--map-user=7", "-S7", "id", "-u"})).out == "7\n");
  CHECK(run(pidns_as_nobody({"-r", "id", "-g"})).out == "0\n");
}

TEST_CASE("root that lacks a capability is not told to become root", "[mistakes]") {
  const TemporaryDirectory directory;
  const std::string pin = directory.path() + "/pin";
  write_file(pin, "");
  const std::string lacks =
      "give it CAP_SYS_ADMIN, which root lacks here, or leave out --no-user to use a user namespace";
  check_mistakes("root without CAP_SYS_ADMIN",
                 {{{"--no-user", "true"}, 125, no_namespaces, lacks},
                  {{"--no-user", "--fork", "true"},
                   125,
                   "cannot create a PID namespace: Operation not permitted",
                   lacks}},
                 [](auto arguments) { return root_without("sys_admin", std::move(arguments)); });
  const Message pinned = message_of(run(root_without("sys_admin", {"--user=" + pin, "true"})));
  CHECK_THAT(pinned.text, Catch::EndsWith(" to " + pin + ": Operation not permitted"));
  CHECK(pinned.hint == "this requires CAP_SYS_ADMIN outside the new namespaces, which root lacks here");
  CHECK(run(root_without("sys_admin", {"echo", "it runs"})).out == "it runs\n");
  check_mistakes(
      "root without CAP_SETUID",
      {{{"-S7", "true"}, 125, "cannot become user 7: Operation not permitted", "it needs CAP_SETUID"}},
      [](auto arguments) { return root_without("setuid", std::move(arguments)); });
  check_mistakes("root without CAP_SETGID",
                 {{{"-G7", "true"},
                   125,
                   "cannot give up supplementary groups: Operation not permitted",
                   "it needs CAP_SETGID"}},
                 [](auto arguments) { return root_without("setgid", std::move(arguments)); });
}

TEST_CASE("where proc is covered the caller is told what that caller can do", "[mistakes]") {
  const TemporaryDirectory directory;
  const std::string pin = directory.path() + "/pin";
  write_file(pin, "");
  const std::string privilege = ", or run it with CAP_SYS_ADMIN and no user namespace";
  const std::string by_fork = covered + "unmount /proc/version, add --fork to do without" + privilege;
  const std::string by_fork_alone =
      covered + "unmount /proc/version, use --fork instead of --mount-proc" + privilege;
  const std::string lacks =
      "give it CAP_SYS_ADMIN, which root lacks here, or leave out --no-user to use a user namespace";
  check_mistakes(
      "root without CAP_SYS_ADMIN and a covered /proc",
      {{{"true"}, 125, no_proc, by_fork},
       {{"-r", "true"}, 125, no_proc, by_fork},
       {{"--user=" + pin, "true"}, 125, no_proc, by_fork},
       {{"--mount-proc", "true"}, 125, no_proc, by_fork_alone},
       {{"--no-user", "true"}, 125, no_namespaces, lacks}},
      [](auto arguments) { return where_proc_is_covered(root_without("sys_admin", std::move(arguments))); });
  check_mistakes("root with a user namespace and a covered /proc", {{{"-r", "true"}, 125, no_proc, by_fork}},
                 [](auto arguments) { return where_proc_is_covered(harness::pidns(std::move(arguments))); });
  check_mistakes("a user and a covered /proc",
                 {{{"true"}, 125, no_proc, covered + "unmount /proc/version, or run it as root"}},
                 [](auto arguments) { return where_proc_is_covered(pidns_as_nobody(std::move(arguments))); });
  const auto in_user_namespace = [](std::vector<std::string> arguments) {
    std::vector<std::string> command = harness::pidns(std::move(arguments));
    command.insert(command.begin(), {"unshare", "--user", "--map-root-user"});
    return where_proc_is_covered(std::move(command));
  };
  check_mistakes(
      "CAP_SYS_ADMIN inside a user namespace and a covered /proc",
      {{{"true"},
        125,
        no_proc,
        covered + "uncover /proc/version where this user namespace was made, or add --fork to do without"}},
      in_user_namespace);
  CHECK(run(in_user_namespace({"--fork", "echo", "it runs"})).out == "it runs\n");
}

TEST_CASE("a call that a filter refuses is named", "[mistakes]") {
  Running target(pidns_as_pid_1({"sh", "-c", "echo ready; read line"}));
  CHECK(target.read_line() == "ready");
  const std::string inside = std::to_string(children_of(target.pid()).front());
  struct Refused {
    long call;
    int error;
    std::vector<std::string> typed;
    std::string text;
    std::string allow;
  };
  const std::string joined = "cannot join process " + inside;
  const std::vector<Refused> refused{
      {SYS_unshare, EPERM, {"true"}, "cannot create PID and mount namespaces", "unshare and mount"},
      {SYS_unshare, ENOSYS, {"true"}, "cannot create PID and mount namespaces", "unshare and mount"},
      {SYS_unshare,
       EPERM,
       {"-r", "true"},
       "cannot create user, PID and mount namespaces",
       "unshare and mount"},
      {SYS_mount, EPERM, {"true"}, "cannot change the mount propagation of /", "unshare and mount"},
      {SYS_mount,
       EPERM,
       {"--propagation=unchanged", "true"},
       "cannot change the mount propagation of /proc",
       "unshare and mount"},
      {SYS_mount,
       ENOSYS,
       {"--mount-proc", "true"},
       "cannot change the mount propagation of /",
       "unshare and mount"},
      {SYS_signalfd4, EPERM, {"true"}, "cannot open a signalfd", "signalfd4"},
      {SYS_signalfd4, ENOSYS, {"--fork", "true"}, "cannot open a signalfd", "signalfd4"},
      {SYS_setns, EPERM, {"--join", inside, "true"}, joined, "setns"},
  };
  int right = 0;
  for (const Refused& row : refused) {
    CAPTURE(row.call, row.error, row.typed);
    const Setup setup{.before_exec = [&row] { refuse_calls({row.call}, row.error); }};
    const Result result = run_pidns(row.typed, setup);
    const Message message = message_of(result);
    const std::string hint = "a seccomp filter is in force and may refuse it: in a container, allow " +
                             row.allow + " in its seccomp profile";
    CHECK(message.text == row.text + ": " + std::strerror(row.error));
    CHECK(message.hint == hint);
    CHECK(result.status() == 125);
    right += message.hint == hint ? 1 : 0;
  }
  std::cout << "calls that a filter refuses: " << refused.size() << " lines, " << right << " with the hint\n";
  target.write("\n");
  target.finish();
}

TEST_CASE("the check that keeps pidns out of a process is named", "[mistakes]") {
  Running target(pidns_as_pid_1({"sh", "-c", "echo ready; read line"}));
  CHECK(target.read_line() == "ready");
  const std::string inside = std::to_string(children_of(target.pid()).front());
  const std::string text = "cannot join process " + inside + ": Permission denied";
  const std::vector<std::string> typed{"--join", inside, "true"};
  check_mistakes(
      "a process with more capabilities",
      {{typed, 125, text,
        "process " + inside + " has capabilities that pidns lacks: it needs these, or CAP_SYS_PTRACE"}},
      [](auto arguments) { return root_without("sys_ptrace,-net_raw", std::move(arguments)); });
  check_mistakes(
      "a process of root",
      {{typed, 125, text, "run it as root, or as the user who made the user namespace of that process"}},
      [](auto arguments) { return with_open_proc(pidns_as_nobody(std::move(arguments))); });
  check_mistakes("root without CAP_SYS_ADMIN",
                 {{typed, 125, text, "it needs CAP_SYS_ADMIN, which root lacks here"}},
                 [](auto arguments) { return root_without("sys_admin,-sys_ptrace", std::move(arguments)); });
  target.write("\n");
  target.finish();
}

TEST_CASE("what a security module confines pidns to is named", "[mistakes]") {
  const TemporaryDirectory directory;
  // The module itself is not needed: its words are read from a file, and a filter refuses in its place.
  const std::string script = "mount --bind " + directory.path() + "/attr /proc/$$/attr/current";
  const Setup setup{.before_exec = [] { refuse_calls({SYS_signalfd4}, EACCES); }};
  const std::vector<std::pair<std::string, std::string>> attributes{
      {"docker-default (enforce)\n",
       "the AppArmor profile docker-default confines pidns and may refuse it: run it without, or allow it "
       "there"},
      {"system_u:system_r:container_t:s0:c1,c2",
       "the SELinux type container_t confines pidns and may refuse it: run it without, or allow it there"},
      {"unconfined\n", ""}};
  for (const auto& [text, hint] : attributes) {
    CAPTURE(text);
    write_file(directory.path() + "/attr", text);
    const Message message = message_of(run(after_mounting(script, harness::pidns({"true"})), setup));
    CHECK(message.text == "cannot open a signalfd: Permission denied");
    CHECK(message.hint == hint);
  }
}
