#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

constexpr std::string_view question = "next: press a key";

std::vector<std::string> stepped(std::vector<std::string> words) {
  words.insert(words.begin(), "--explain=step");
  return harness::pidns(words);
}

/// Waits for a question and those before it, which it answers.
void go_to_question(Terminal& terminal, int number) {
  for (int i = 1; i < number; ++i) {
    terminal.wait_for(question);
    terminal.type(" ");
  }
  terminal.wait_for(question);
}

/// The questions of the bare line that are asked by pidns, by its child, and by that of PID 1 at the end.
constexpr std::array asked{1, 2, 4, 7};

/// Types a key at each question. @return how many there were before the command ran
int step_through(Terminal& terminal, const std::string& end) {
  int questions = 0;
  while (terminal.wait_for_any({std::string(question), end}).ends_with(question)) {
    ++questions;
    terminal.type(" ");
  }
  return questions;
}

}  // namespace

TEST_CASE("a narration with --explain=step waits for a key before each call", "[explain]") {
  Terminal terminal(stepped({"--fork", "sh", "-c", "echo out-$$"}), {.environment = {"TERM=xterm"}});
  // unshare, vfork, prctl, execvp
  CHECK(step_through(terminal, "out-1") == 4);
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 0});

  Terminal init(stepped({"--init", "sh", "-c", "echo out-$$"}), {.environment = {"TERM=xterm"}});
  // unshare, fork, two mounts, prctl, vfork, execvp
  CHECK(step_through(init, "out-2") == 7);
  CHECK(init.finish() == ExitStatus{.killed = false, .value = 0});
}

TEST_CASE("a narration with --explain=step asks before the call is made, and says which", "[explain]") {
  Terminal terminal(stepped({"--mount-proc", "true"}), {.environment = {"TERM=xterm", "NO_COLOR=1"}});
  CHECK_THAT(terminal.wait_for(question), Catch::Contains("[1] unshare(CLONE_NEWNS|CLONE_NEWPID)\r\n"));
  const pid_t pidns = terminal.pid();
  CHECK(namespace_of(pidns, "mnt") == namespace_of(::getpid(), "mnt"));
  terminal.type("x");
  CHECK_THAT(terminal.wait_for(question), Catch::Contains("[1] unshare(CLONE_NEWNS|CLONE_NEWPID) = 0\r\n") &&
                                              Catch::Contains("[2] vfork()\r\n"));
  CHECK(namespace_of(pidns, "mnt") != namespace_of(::getpid(), "mnt"));
  CHECK(children_of(pidns).empty());
  terminal.type("c");
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 0});
}

TEST_CASE("the key c goes on without stopping", "[explain]") {
  Terminal terminal(stepped({"sh", "-c", "exit 7"}), {.environment = {"TERM=xterm"}});
  terminal.wait_for(question);
  terminal.type("c");
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 7});
  CHECK(terminal.shown().find(question) == terminal.shown().rfind(question));
}

TEST_CASE("the key q ends with 125 and nothing done", "[explain]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  for (const std::string key : {"q", "\x04"}) {
    for (const int number : asked) {
      CAPTURE(number);
      Terminal terminal(stepped({"touch", file}), {.environment = {"TERM=xterm"}});
      go_to_question(terminal, number);
      terminal.type(key);
      CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 125});
      CHECK_THAT(terminal.shown(),
                 Catch::EndsWith("pidns: --explain=step: ended by a key before COMMAND ran\r\n"));
      CHECK_THAT(terminal.shown(), !Catch::Contains("hint"));
      CHECK(::access(file.c_str(), F_OK) == -1);
    }
  }
}

TEST_CASE("the key q leaves no namespace pinned to a file", "[explain]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/pinned";
  write_file(file, "");
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--init"}, {"--fork"}, {"--init", "--setuid=65534", "--new-session"}}) {
    CAPTURE(options);
    std::vector<std::string> words = options;
    words.insert(words.end(), {"--pid=" + file, "true"});
    Terminal all(stepped(words), {.environment = {"TERM=xterm"}});
    const int questions = step_through(all, "exited with status 0");
    all.finish();
    CHECK_THAT(read_file("/proc/self/mountinfo"), Catch::Contains(file));
    REQUIRE(run({"umount", file}).status() == 0);
    for (int number = 1; number <= questions; ++number) {
      CAPTURE(number);
      Terminal terminal(stepped(words), {.environment = {"TERM=xterm"}});
      go_to_question(terminal, number);
      terminal.type("q");
      CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 125});
      CHECK_THAT(read_file("/proc/self/mountinfo"), !Catch::Contains(file));
    }
  }
}

TEST_CASE("a signal ends pidns while it waits for a key", "[explain]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  const auto check_end = [&](int number, int signal, const std::function<void(Terminal&)>& send) {
    CAPTURE(number, signal);
    Terminal terminal(stepped({"touch", file}), {.environment = {"TERM=xterm"}});
    go_to_question(terminal, number);
    const std::string before = terminal.shown();
    send(terminal);
    CHECK(terminal.finish() == ExitStatus{.killed = true, .value = signal});
    CHECK_THAT(terminal.shown().substr(before.size()), !Catch::Contains("pidns:"));
    CHECK(::access(file.c_str(), F_OK) == -1);
  };
  for (const int number : asked) {
    check_end(number, SIGINT, [](Terminal& terminal) { terminal.type("\x03"); });
    check_end(number, SIGQUIT, [](Terminal& terminal) { terminal.type("\x1c"); });
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      check_end(number, signal, [&](Terminal& terminal) { ::kill(terminal.pid(), signal); });
    }
  }
}

TEST_CASE("a signal that the caller ignores does not end the wait for a key", "[explain]") {
  Terminal terminal(stepped({"sh", "-c", "exit 7"}),
                    {.environment = {"TERM=xterm"}, .before_exec = [] { ::signal(SIGTERM, SIG_IGN); }});
  terminal.wait_for(question);
  ::kill(terminal.pid(), SIGTERM);
  terminal.type("\x1a");  // Ctrl-Z neither: it could stop only one of the processes
  terminal.type(" ");
  terminal.wait_for(question);
  terminal.type("c");
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 7});
}

TEST_CASE("a child of pidns that waits for a key ends with pidns", "[explain]") {
  for (const int number : asked) {
    CAPTURE(number);
    Terminal terminal(stepped({"true"}), {.environment = {"TERM=xterm"}});
    go_to_question(terminal, number);
    const auto children = descendants_of(terminal.pid());
    CHECK(children.empty() == (number < 3));
    ::kill(terminal.pid(), SIGKILL);
    CHECK(terminal.finish() == ExitStatus{.killed = true, .value = SIGKILL});
    for (const pid_t child : children) {
      wait_until("the end of a child", [&] {
        const char state = process_state(child);
        return state == '\0' || state == 'Z';
      });
    }
  }
}

TEST_CASE("a child that may not look at pidns waits for its key all the same", "[explain]") {
  const auto words = stepped({"--fork", "--setuid=65534", "--setgid=65534", "sh", "-c", "exit 7"});
  for (const std::string mode : {"1", "2"}) {
    CAPTURE(mode);
    Terminal terminal(after_mounting("mount -t proc -o hidepid=" + mode + " proc /proc", words),
                      {.environment = {"TERM=xterm"}});
    step_through(terminal, "exited with status 7");
    CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 7});
  }
}

TEST_CASE("the terminal is as before when pidns is killed while its child asks", "[explain]") {
  const std::string pidns = harness::pidns_binary();
  Terminal terminal(
      {"sh", "-c",
       "before=$(stty -g); " + pidns +
           " --explain=step --fork true; until [ \"$(stty -g)\" = \"$before\" ]; do :; done; echo same"},
      {.environment = {"TERM=xterm"}});
  go_to_question(terminal, 3);
  ::kill(children_of(terminal.pid()).front(), SIGKILL);
  terminal.wait_for("same\r\n");
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 0});
}

TEST_CASE("a narration with --explain=step without a terminal is an error before anything is done",
          "[explain]") {
  const Result result = run(stepped({"true"}), {.before_exec = [] { ::setsid(); }});
  CHECK(result.status() == 125);
  CHECK(result.err ==
        "pidns: --explain=step: there is no terminal to read a key from\npidns: hint: leave out =step\n");
}
