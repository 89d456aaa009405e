#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "harness.hpp"

using namespace harness;

namespace {

constexpr std::string_view question = "next: press a key";

std::vector<std::string> stepped(std::vector<std::string> words) {
  words.insert(words.begin(), "--explain=step");
  return harness::pidns(words);
}

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

TEST_CASE("--explain=step waits for a key before each call", "[explain]") {
  Terminal terminal(stepped({"--fork", "sh", "-c", "echo out-$$"}), {.environment = {"TERM=xterm"}});
  // unshare, vfork, prctl, execvp
  CHECK(step_through(terminal, "out-1") == 4);
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 0});

  Terminal init(stepped({"--init", "sh", "-c", "echo out-$$"}), {.environment = {"TERM=xterm"}});
  // unshare, fork, two mounts, prctl, vfork, execvp
  CHECK(step_through(init, "out-2") == 7);
  CHECK(init.finish() == ExitStatus{.killed = false, .value = 0});
}

TEST_CASE("--explain=step asks before the call is made, and says which", "[explain]") {
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
  for (const std::string key : {"q", "\x03", "\x04"}) {
    for (const int asked : {1, 2, 4, 7}) {  // in pidns, in its child, in that of PID 1
      CAPTURE(asked);
      Terminal terminal(stepped({"touch", file}), {.environment = {"TERM=xterm"}});
      for (int i = 1; i < asked; ++i) {
        terminal.wait_for(question);
        terminal.type(" ");
      }
      terminal.wait_for(question);
      terminal.type(key);
      CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 125});
      CHECK_THAT(terminal.shown(),
                 Catch::EndsWith("pidns: --explain=step: ended by a key before COMMAND ran\r\n"));
      CHECK_THAT(terminal.shown(), !Catch::Contains("hint"));
      CHECK(::access(file.c_str(), F_OK) == -1);
    }
  }
}

TEST_CASE("--explain=step without a terminal is an error before anything is done", "[explain]") {
  const Result result = run(stepped({"true"}), {.before_exec = [] { ::setsid(); }});
  CHECK(result.status() == 125);
  CHECK(result.err ==
        "pidns: --explain=step: there is no terminal to read a key from\npidns: hint: leave out =step\n");
}
