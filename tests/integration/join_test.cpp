#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;
using nlohmann::json;

namespace {

/// A command that is PID 1 of its own namespace until the test ends.
class Inside {
 public:
  explicit Inside(std::vector<std::string> launcher) : running_(with_command(std::move(launcher))) {
    CHECK(running_.read_line() == "ready");
    init_ = children_of(running_.pid()).front();
  }

  [[nodiscard]] pid_t init() const { return init_; }
  [[nodiscard]] std::string pid() const { return std::to_string(init_); }
  [[nodiscard]] ino_t space() const { return namespace_of(init_, "pid"); }

 private:
  static std::vector<std::string> with_command(std::vector<std::string> launcher) {
    launcher.insert(launcher.end(), {"sh", "-c", "echo ready; read line"});
    return launcher;
  }

  Running running_;
  pid_t init_ = 0;
};

std::vector<std::string> join(const Inside& target, std::vector<std::string> command) {
  command.insert(command.begin(), {"--join", target.pid()});
  return harness::pidns(command);
}

/// Waits until a program inside has the terminal and sleeps, so that keys reach it and not the shell around
/// it.
void wait_until_foreground(const Terminal& terminal, const Inside& target, const std::string& name) {
  wait_until(name + " to sleep in the foreground", [&] {
    const auto processes = processes_in_namespace(target.space());
    return std::any_of(processes.begin(), processes.end(), [&](pid_t pid) {
      return status_field(pid, "Name") == name && process_state(pid) == 'S' &&
             ::getpgid(pid) == ::tcgetpgrp(terminal.master());
    });
  });
}

/// A script that prints `got` at one signal and ends with 5 at the other. Unlike read, wait misses no signal
/// that comes just before it. The child prints `ready`: from then on it has the default dispositions again.
std::vector<std::string> trapping(const std::string& first, const std::string& last) {
  const std::string script = R"(
trap 'echo got' $1
trap 'kill $!; echo end; exit 5' $2
sh -c 'echo ready; exec sleep 1000' &
while :; do wait; done)";
  return {"sh", "-c", script, "sh", first, last};
}

std::string link_text(ino_t number) {
  return "pid:[" + std::to_string(number) + "]";
}

}  // namespace

TEST_CASE("a joined command sees the namespace and is seen in it", "[join]") {
  for (const std::vector<std::string>& launcher :
       {harness::pidns({"--init"}), harness::pidns({"--mount-proc"}),
        std::vector<std::string>{"unshare", "--pid", "--fork", "--mount-proc"}}) {
    CAPTURE(launcher);
    const Inside target(launcher);
    const Result result =
        run(join(target, {"sh", "-c",
                          "test $$ -gt 1; echo $?; readlink /proc/self/ns/pid; ps -p 1,$$ -o pid=,comm="}));
    CHECK(result.err.empty());
    CHECK(result.status() == 0);
    const auto shown = lines(result.out);
    REQUIRE(shown.size() == 4);
    CHECK(shown[0] == "0");
    CHECK(shown[1] == link_text(target.space()));
    CHECK_THAT(shown[2], Catch::Matches(" *1 (sh|pidns)"));
    CHECK_THAT(shown[3], Catch::EndsWith(" sh"));
    const Result mounts = run(join(target, {"readlink", "/proc/self/ns/mnt"}));
    CHECK(mounts.out == "mnt:[" + std::to_string(namespace_of(target.init(), "mnt")) + "]\n");
  }
}

TEST_CASE("a second shell in the namespace has the next PIDs", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  CHECK(run(join(target, {"sh", "-c", "echo $$"})).out == "2\n");
  CHECK(run(join(target, {"sh", "-c", "echo $$"})).out == "3\n");
}

TEST_CASE("the exit status of a joined command is returned", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  for (const int status : {0, 1, 7, 125, 255}) {
    CHECK(run(join(target, {"sh", "-c", "exit " + std::to_string(status)})).ending ==
          ExitStatus{.killed = false, .value = status});
  }
  const Result missing = run(join(target, {"no-such-command"}));
  CHECK(missing.status() == 127);
  CHECK_THAT(missing.err,
             Catch::StartsWith("pidns: no-such-command: ") || Catch::Contains("no-such-command"));
  CHECK(run(join(target, {"/etc/passwd"})).status() == 126);
  wait_until("PID 1, which was sent none of them", [&] { return process_state(target.init()) == 'S'; });
}

TEST_CASE("pidns dies of the signal that kills a joined command", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  for (const std::string name : {"TERM", "KILL", "ABRT", "HUP", "SEGV", "USR1"}) {
    const ExitStatus ending = run(join(target, {"sh", "-c", "ulimit -c 0; kill -" + name + " $$"})).ending;
    CHECK(ending.killed);
    CHECK(ending == run({"sh", "-c", "ulimit -c 0; kill -" + name + " $$"}).ending);
  }
}

TEST_CASE("a signal sent to pidns does to a joined command what it does to any", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, 40}) {
    CAPTURE(signal);
    Running joined(join(target, {"sh", "-c", "echo ready; exec sleep 1000"}));
    joined.read_line();
    joined.send(signal);
    CHECK(joined.finish().ending == ExitStatus{.killed = true, .value = signal});
  }
  wait_until("PID 1, which was sent none of them", [&] { return process_state(target.init()) == 'S'; });
  CHECK(processes_in_namespace(target.space()).size() == 1);
}

TEST_CASE("a handler of a joined command runs once", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  Running joined(join(target, trapping("TERM", "ALRM")));
  joined.read_line();
  joined.send(SIGTERM);
  CHECK(joined.read_line() == "got");
  joined.send(SIGALRM);
  const Result result = joined.finish();
  CHECK(result.out == "ready\ngot\nend\n");
  CHECK(result.status() == 5);
}

TEST_CASE("a joined command that ignores a signal goes on", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  Running joined(join(target, {"sh", "-c", "trap '' TERM; echo ready; read line; exit 5"}));
  joined.read_line();
  joined.send(SIGTERM);
  joined.write("\n");
  CHECK(joined.finish().ending == ExitStatus{.killed = false, .value = 5});
}

TEST_CASE("a joined command stops and goes on together with pidns", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  for (const int signal : {SIGTSTP, SIGTTIN}) {
    Running joined(join(target, {"sh", "-c", "echo ready; read line; exit 5"}));
    joined.read_line();
    const pid_t command = children_of(joined.pid()).front();
    joined.send(signal);
    wait_until("both to stop",
               [&] { return process_state(command) == 'T' && process_state(joined.pid()) == 'T'; });
    joined.send(SIGCONT);
    wait_until("both to go on",
               [&] { return process_state(command) == 'S' && process_state(joined.pid()) == 'S'; });
    joined.write("\n");
    CHECK(joined.finish().status() == 5);
  }
}

TEST_CASE("Ctrl-C and its like reach a joined command on a terminal", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  const std::vector<std::pair<std::string, int>> keys{{"\x03", SIGINT}, {"\x1c", SIGQUIT}};
  for (const auto& [key, signal] : keys) {
    Terminal terminal(join(target, {"sh", "-c", "ulimit -c 0; echo ready; exec sleep 1000"}));
    terminal.wait_for("ready");
    terminal.type(key);
    CHECK(terminal.finish() == ExitStatus{.killed = true, .value = signal});
  }
  Terminal terminal(join(target, trapping("INT", "QUIT")));
  terminal.wait_for("ready");
  terminal.type("\x03");
  terminal.wait_for("got");
  terminal.type("\x1c");
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 5});
  CHECK(terminal.shown().find("got", terminal.shown().find("got") + 1) == std::string::npos);
  wait_until("PID 1, which was sent none of them", [&] { return process_state(target.init()) == 'S'; });
}

TEST_CASE("a shell does job control with a joined command", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  Terminal terminal({"bash", "--norc", "-i"}, {.environment = {"PS1=prompt> ", "HISTFILE="}});
  terminal.wait_for("prompt> ");
  terminal.type(pidns_binary() + " --join " + target.pid() + " cat; echo st=$?\r");
  wait_until_foreground(terminal, target, "cat");
  terminal.type("one\r");
  terminal.wait_for("one\r\none\r\n");
  terminal.type("\x1a");
  terminal.wait_for("Stopped");
  terminal.wait_for("prompt> ");
  terminal.type("fg\r");
  terminal.wait_for("cat");
  terminal.type("two\r");
  terminal.wait_for("two\r\ntwo\r\n");
  terminal.type("\x03");
  terminal.wait_for("prompt> ");
  terminal.type("echo left=$(jobs)=\r");
  terminal.wait_for("left==");
  terminal.type("exit\r");
  terminal.finish();
}

TEST_CASE("a joined shell has job control of its own and gives the terminal back", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  Terminal terminal({"sh", "-c", R"("$@"; echo st=$?; read line; echo got=$line)", "sh", pidns_binary(),
                     "--join", target.pid(), "bash", "--norc", "-i"},
                    {.environment = {"PS1=prompt> ", "HISTFILE="}});
  terminal.wait_for("prompt> ");
  terminal.type("sleep 1000\r");
  wait_until_foreground(terminal, target, "sleep");
  terminal.type("\x03");
  terminal.wait_for("prompt> ");
  terminal.type("exit 6\r");
  terminal.wait_for("st=6");
  terminal.type("hello\r");
  terminal.wait_for("got=hello");
  CHECK(terminal.finish() == ExitStatus{});
}

TEST_CASE("a joined command ends when pidns is killed", "[join]") {
  const Inside target(harness::pidns({"--mount-proc"}));
  Running joined(join(target, {"sh", "-c", "echo ready; exec sleep 1000"}));
  joined.read_line();
  CHECK(processes_in_namespace(target.space()).size() == 2);
  joined.send(SIGKILL);
  CHECK(joined.finish().ending == ExitStatus{.killed = true, .value = SIGKILL});
  wait_until("the command to end", [&] { return processes_in_namespace(target.space()).size() == 1; });
}

TEST_CASE("a joined command is killed when the namespace ends", "[join]") {
  auto target = std::make_unique<Inside>(harness::pidns({"--mount-proc"}));
  Running joined(join(*target, {"sh", "-c", "echo ready; exec sleep 1000"}));
  joined.read_line();
  ::kill(target->init(), SIGKILL);
  CHECK(joined.finish().ending == ExitStatus{.killed = true, .value = SIGKILL});
}

TEST_CASE("users join what they have made", "[join]") {
  const Inside target(pidns_as_nobody({"--mount-proc"}));
  const std::string facts =
      "test $$ -gt 1; echo $?; id -un; id -gn; readlink /proc/self/ns/user; grep CapEff /proc/self/status";
  const Result result = run(pidns_as_nobody({"--join", target.pid(), "sh", "-c", facts}));
  CHECK(result.err.empty());
  CHECK(result.out == "0\nnobody\nnogroup\nuser:[" + std::to_string(namespace_of(target.init(), "user")) +
                          "]\nCapEff:\t0000000000000000\n");
  CHECK(result.status() == 0);
}

TEST_CASE("users who are root in what they have made are root in what they join", "[join]") {
  const Inside target(pidns_as_nobody({"-r"}));
  CHECK(run(pidns_as_nobody(
                {"--join", target.pid(), "sh", "-c", "id -u; mount -t tmpfs tmpfs /mnt && echo mounted"}))
            .out == "0\nmounted\n");
}

TEST_CASE("root who does not exist in the namespace of a user joins it as that user", "[join]") {
  const Inside target(pidns_as_nobody({"--mount-proc"}));
  const Result result = run(join(
      target,
      {"sh", "-c", "id -un; id -gn; grep -E '^(Groups|CapEff):' /proc/self/status; kill -0 1 && echo same"}));
  CHECK(result.err.empty());
  CHECK(result.out == "nobody\nnogroup\nGroups:\t \nCapEff:\t0000000000000000\nsame\n");
  Running joined(join(target, {"sleep", "1000"}));
  wait_until("sleep", [&] {
    const auto children = children_of(joined.pid());
    return children.size() == 1 && status_field(children.front(), "Name") == "sleep";
  });
  joined.send(SIGTERM);
  CHECK(joined.finish().ending == ExitStatus{.killed = true, .value = SIGTERM});
}

TEST_CASE("the memory of pidns is hidden from those it joins", "[join]") {
  const Inside target(pidns_as_nobody({"--mount-proc"}));
  Running joined(pidns_as_nobody({"--join", target.pid(), "sh", "-c", "echo ready; read line"}));
  joined.read_line();
  const auto owner = [](pid_t pid) {
    struct stat facts {};
    REQUIRE(::stat(("/proc/" + std::to_string(pid) + "/mem").c_str(), &facts) == 0);
    return facts.st_uid;
  };
  CHECK(owner(joined.pid()) == 0);  // /proc/PID belongs to root if only root may trace the process
  CHECK(owner(children_of(joined.pid()).front()) != 0);
}

TEST_CASE("the working directory is kept where it exists", "[join]") {
  const TemporaryDirectory directory;
  const Inside target(harness::pidns({"--mount-proc"}));
  const auto elsewhere =
      after_mounting("mount -t tmpfs tmpfs " + directory.path() + "; mkdir " + directory.path() + "/below",
                     harness::pidns({"--propagation=unchanged"}));
  const Inside covered(elsewhere);
  CHECK(run(join(target, {"pwd"}), {.directory = directory.path()}).out == directory.path() + "\n");
  CHECK(run(join(covered, {"sh", "-c", "ls"}), {.directory = directory.path()}).out == "below\n");
  ::mkdir((directory.path() + "/only-here").c_str(), 0755);
  const Result gone = run(join(covered, {"pwd"}), {.directory = directory.path() + "/only-here"});
  CHECK(gone.out == "/\n");
  CHECK(gone.err.empty());
  const std::string below = directory.path() + "/below";
  CHECK(run(harness::pidns({"--join", covered.pid(), "--wd", below, "pwd"})).out == below + "\n");
  const Result missing = run(harness::pidns({"--join", target.pid(), "--wd", below, "pwd"}));
  CHECK_THAT(missing.err, Catch::StartsWith("pidns: ") && Catch::Contains(below + ": No such file"));
  CHECK(missing.status() == 125);
}

TEST_CASE("the start and the end of a joined command are reported", "[join]") {
  const Inside target(pidns_as_nobody({"--mount-proc"}));
  const Result result =
      run(pidns_as_nobody({"--json-status-fd=2", "--join", target.pid(), "sh", "-c", "exit 3"}));
  const auto status = lines(result.err);
  REQUIRE(status.size() == 2);
  CHECK(json::parse(status[0])["pid-namespace"] == target.space());
  CHECK(json::parse(status[0])["mnt-namespace"] == namespace_of(target.init(), "mnt"));
  CHECK(json::parse(status[1]) == json{{"exit-code", 3}});
}

TEST_CASE("with the proc of the host a process is joined by its PID there", "[join]") {
  const std::string script = R"(
"$0" --mount-proc sh -c 'echo ready; exec sleep 1000' &
read pid
"$0" --join $pid sh -c 'echo $$; readlink /proc/self/ns/pid'
read pid
"$0" --join $pid true
echo $?)";
  Running shell(harness::pidns({"--fork", "sh", "-c", script, pidns_binary()}));
  CHECK(shell.read_line() == "ready");
  const pid_t inner = descendants_of(shell.pid()).back();
  shell.write(std::to_string(inner) + "\n");
  CHECK(shell.read_line() == "2");
  CHECK(shell.read_line() == link_text(namespace_of(inner, "pid")));
  shell.write(std::to_string(::getpid()) + "\n");
  CHECK(shell.read_line() == "125");
  const Result result = [&] {
    for (const pid_t pid : descendants_of(shell.pid())) {
      ::kill(pid, SIGKILL);
    }
    return shell.finish();
  }();
  CHECK(result.err == "pidns: cannot join process " + std::to_string(::getpid()) +
                          ": Invalid argument\npidns: hint: only descendant PID namespaces can be joined\n");
}

TEST_CASE("a namespace beside the own one cannot be joined", "[join]") {
  const Inside beside(harness::pidns({"--mount-proc"}));
  const Result result = run_pidns({"--fork", pidns_binary(), "--join", beside.pid(), "echo", "ran"});
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Catch::StartsWith("pidns: cannot join process " + beside.pid() + ": ") &&
                             Catch::Contains("pidns: hint: only descendant PID namespaces can be joined"));
  CHECK(result.status() == 125);
}

TEST_CASE("what cannot be joined is told", "[join]") {
  const Result missing = run_pidns({"--join", "99999999", "echo", "ran"});
  CHECK(missing.err == "pidns: cannot join process 99999999: No such process\n");
  CHECK(missing.out.empty());
  CHECK(missing.status() == 125);

  const Running unreaped({"unshare", "--pid", "sh", "-c", ends_below_sleep});
  wait_until("a zombie", [&] {
    const auto children = children_of(unreaped.pid());
    return children.size() == 1 && process_state(children.front()) == 'Z';
  });
  const std::string zombie = std::to_string(children_of(unreaped.pid()).front());
  const Result ended = run_pidns({"--join", zombie, "echo", "ran"});
  CHECK(ended.err == "pidns: cannot join process " + zombie + ": No such process\n");
  CHECK(ended.status() == 125);

  const Inside of_root(harness::pidns({"--mount-proc"}));
  const Result forbidden = run(with_open_proc(pidns_as_nobody({"--join", of_root.pid(), "echo", "ran"})));
  CHECK(forbidden.err == "pidns: cannot join process " + of_root.pid() +
                             ": Permission denied\npidns: hint: run it as root, or as the user who made the "
                             "user namespace of that process\n");
  CHECK(forbidden.out.empty());
  CHECK(forbidden.status() == 125);
  const Result hidden = run(after_mounting("mount -t proc -o hidepid=2 proc /proc",
                                           pidns_as_nobody({"--join", of_root.pid(), "echo", "ran"})));
  CHECK(hidden.err ==
        "pidns: cannot join process " + of_root.pid() +
            ": No such process\npidns: hint: /proc is mounted with hidepid=invisible, which may "
            "hide it: run it as root\n");
  CHECK(hidden.status() == 125);
}
