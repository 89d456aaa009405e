#include <sys/stat.h>

#include <csignal>

#include "harness.hpp"
#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using signal_tools::to_text;

/// newuidmap and getent may be slow, wrong or hostile. The tests put scripts in their place, in the PATH of
/// the user nobody, as root does not look there.
namespace {

using Command = std::vector<std::string>;

/// A directory with a program of this name, first in PATH.
class FakeTool {
 public:
  FakeTool(const std::string& name, const std::string& script) {
    const std::string file = directory_.path() + "/" + name;
    write_file(file, "#!/bin/sh\n" + script);
    REQUIRE(::chmod(file.c_str(), 0755) == 0);
    REQUIRE(::chmod(directory_.path().c_str(), 0777) == 0);
  }

  [[nodiscard]] std::string path() const { return directory_.path(); }
  [[nodiscard]] Setup setup(const std::string& input = {}) const {
    return {.input = input,
            .environment = {"PATH=" + directory_.path() + ":/usr/sbin:/usr/bin:/sbin:/bin"},
            .directory = directory_.path()};
  }

 private:
  TemporaryDirectory directory_;
};

struct Use {
  std::string tool;
  Command options;
};

/// A line that asks each of the tools.
const std::vector<Use>& uses() {
  static const std::vector<Use> all{
      {"newuidmap", {"--map-users=0:100000:1"}},
      {"newgidmap", {"--map-groups=0:100000:1"}},
      {"getent", {"--map-user=far-user"}},
  };
  return all;
}

Command line_of(const Use& use, Command command = {"true"}) {
  command.insert(command.begin(), use.options.begin(), use.options.end());
  return pidns_as_nobody(command);
}

/// A tool that hangs, and what it has started.
const std::string hang = "sleep 1000\n";

/// Waits until the tool hangs. @return all that pidns has started
std::vector<pid_t> wait_for_sleep(pid_t pidns) {
  wait_until("the tool to hang", [&] { return find_descendant(pidns, "sleep") != 0; });
  return descendants_of(pidns);
}

void check_ended(const std::vector<pid_t>& processes) {
  for (const pid_t process : processes) {
    wait_until("process " + std::to_string(process) + " to end", [&] { return has_ended(process); });
  }
}

}  // namespace

TEST_CASE("a signal ends pidns while it waits for a tool, and nothing is left", "[tools]") {
  for (const Use& use : uses()) {
    const FakeTool tool(use.tool, hang);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGKILL, SIGUSR1, 40}) {
      INFO(use.tool << ", signal " << signal);
      Running running(line_of(use), tool.setup());
      const std::vector<pid_t> started = wait_for_sleep(running.pid());
      running.send(signal);
      CHECK(to_text(running.wait_for_end()) == "killed by " + std::to_string(signal) + "\n");
      if (use.tool != "getent") {  // what getent starts is not known to us, and it starts nothing
        check_ended(started);
      }
      for (const pid_t process : started) {
        ::kill(process, SIGKILL);
      }
    }
  }
}

TEST_CASE("a signal to the whole group ends a tool that ignores it", "[tools]") {
  for (const std::string tool_name : {"newuidmap", "newgidmap"}) {
    INFO(tool_name);
    const FakeTool tool(tool_name, "trap '' TERM\n" + hang);
    const Use& use = tool_name == "newuidmap" ? uses().at(0) : uses().at(1);
    Setup setup = tool.setup();
    setup.before_exec = [] { ::setpgid(0, 0); };
    Running running(line_of(use), setup);
    const std::vector<pid_t> started = wait_for_sleep(running.pid());
    ::kill(-running.pid(), SIGTERM);
    CHECK(to_text(running.wait_for_end()) == "killed by 15\n");
    check_ended(started);
  }
}

TEST_CASE("a signal that the caller blocks or ignores does not end the wait for a tool", "[tools]") {
  // wait_for_sleep() reads all of /proc. That may take longer than a short sleep, so there is a long one,
  // too.
  const FakeTool tool("newuidmap",
                      "sleep 1000 & while [ ! -e go ]; do sleep 0.01; done; kill $!; wait; exit 3\n");
  Setup setup = tool.setup();
  setup.before_exec = [] { ::signal(SIGHUP, SIG_IGN); };
  Running running(line_of(uses().front()), setup);
  wait_for_sleep(running.pid());
  running.send(SIGHUP);
  write_file(tool.path() + "/go", "");
  const Result result = running.finish();
  CHECK(message_of(result).text == "newuidmap: ended with status 3");
}

TEST_CASE("the keys of the terminal end and stop the wait for a tool", "[tools]") {
  const FakeTool tool("newuidmap", hang);
  Command job{"bash", "-mc", R"("$@"; echo "status $?"; read -r line; fg)", "bash"};
  const Command line = line_of(uses().front());
  job.insert(job.end(), line.begin(), line.end());
  Terminal terminal(job, tool.setup());
  const std::vector<pid_t> started = wait_for_sleep(terminal.pid());
  terminal.type("\x1a");
  terminal.wait_for("status 148");
  wait_until("the tool to stop",
             [&] { return process_state(find_descendant(terminal.pid(), "sleep")) == 'T'; });
  terminal.type("\r");
  wait_until("the tool to go on",
             [&] { return process_state(find_descendant(terminal.pid(), "sleep")) == 'S'; });
  terminal.type("\x03");
  CHECK(to_text(terminal.finish()) == "exited with 130\n");
  check_ended(started);
}

TEST_CASE("a tool that leaves a child with its output does not delay the start", "[tools]") {
  for (const Use& use : uses()) {
    INFO(use.tool);
    const std::string others = use.tool == "getent" ? "2>/dev/null" : ">/dev/null";
    const FakeTool tool(use.tool, "sleep 1000 " + others + " &\necho $! > child\necho oops >&2\nexit 4\n");
    const Result result = run(line_of(use), tool.setup());
    CHECK(result.status() == 125);
    if (use.tool != "getent") {
      CHECK(message_of(result).text == use.tool + ": oops");
    }
    ::kill(std::stoi(read_file(tool.path() + "/child")), SIGKILL);
  }
}

TEST_CASE("a tool gets nothing of what is the command's or pidns's", "[tools]") {
  const std::string list = "ls /proc/self/fd";
  const std::string of_the_caller = run({"sh", "-c", list}).out;
  for (const Use& use : uses()) {
    INFO(use.tool);
    const FakeTool tool(use.tool,
                        "cat > input\nls /proc/self/fd > descriptors\ngrep SigBlk /proc/self/status > mask\n"
                        "[ $1 = passwd ] && echo far-user:x:7:7::/:/bin/sh\nexit 0\n");
    const Result result = run(line_of(use, {"cat"}), tool.setup("for the command\n"));
    CHECK(read_file(tool.path() + "/input").empty());
    CHECK(read_file(tool.path() + "/descriptors") == of_the_caller);
    CHECK(read_file(tool.path() + "/mask") == "SigBlk:\t0000000000000000\n");
    if (use.tool == "getent") {
      CHECK(result.out == "for the command\n");
    } else {
      CHECK(message_of(result).text == use.tool + ": ended with status 0, but has mapped nothing");
    }
  }
}

TEST_CASE("what a tool prints is bounded, and is one line of a message", "[tools]") {
  struct Row {
    std::string tool;
    std::string script;
    std::string message;
  };
  for (const auto& [name, script, message] : {
           Row{"newuidmap", "exit 9", "newuidmap: ended with status 9"},
           Row{"newuidmap", "kill -SEGV $$", "newuidmap: ended with status 139"},
           Row{"newuidmap", "echo 'newuidmap: no'; echo 'newuidmap: no' >&2; exit 1", "newuidmap: no"},
           Row{"newuidmap", "printf 'a\\nb\\n' >&2; exit 1", "newuidmap: a\\x0ab"},
           Row{"newuidmap", "printf '\\033[31m\\001' >&2; exit 1", "newuidmap: \\x1b[31m\\x01"},
           Row{"getent", "echo 'no server' >&2; exit 2", "--map-user: unknown user 'far-user'"},
           Row{"getent", "echo far-user", "--map-user: unknown user 'far-user'"},
           Row{"getent", "echo far-user:x:-1:::", "--map-user: unknown user 'far-user'"},
           Row{"getent", "echo far-user:x:99999999999:::", "--map-user: unknown user 'far-user'"},
           Row{"getent", "echo far-user:x:4294967295:::", "--map-user: unknown user 'far-user'"},
           Row{"getent", "head -c 100000 /dev/urandom", "--map-user: unknown user 'far-user'"},
           Row{"getent", "head -c 100000 /dev/zero", "--map-user: unknown user 'far-user'"},
           Row{"getent", "head -c 3000000 /dev/zero; echo; echo far-user:x:7:7::/:/bin/sh",
               "--map-user: unknown user 'far-user'"},  // beyond what is kept
       }) {
    INFO(script);
    const FakeTool tool(name, script + "\n");
    const Use& use = name == "getent" ? uses().back() : uses().front();
    const Result result = run(line_of(use), tool.setup());
    CHECK(message_of(result).text == message);
    CHECK(result.status() == 125);
  }
  const FakeTool loud("newuidmap", "head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1\n");
  const Result result = run(line_of(uses().front()), loud.setup());
  CHECK(lines(result.err).size() == 1);
  CHECK(result.err.size() < 5000);
  const FakeTool twice("getent", "echo far-user:x:7:7::/:/bin/sh; echo far-user:x:8:8::/:/bin/sh\n");
  CHECK(run(line_of(uses().back(), {"id", "-u"}), twice.setup()).out == "7\n");
}

TEST_CASE("root takes tools from the directories of the system alone", "[tools]") {
  const FakeTool tool("getent", "touch ran\necho far-user:x:7:7::/:/bin/sh\n");
  Setup setup = tool.setup();
  setup.environment.push_back("HOME=/");
  const Result result = run(harness::pidns({"--map-user=far-user", "true"}), setup);
  CHECK(message_of(result).text == "--map-user: unknown user 'far-user'");
  CHECK(read_file(tool.path() + "/ran").empty());
  CHECK(::access((tool.path() + "/ran").c_str(), F_OK) == -1);
}
