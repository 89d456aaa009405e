#include "pidns/launch/command_hints.hpp"

#include "support/catch.hpp"

using namespace pidns;

namespace {

struct Case {
  std::vector<std::string> words;
  CommandPlace place = {};
  FileKind kind = FileKind::none;
  int status = status_not_found;
};

/// Where ls, env and true are the only programs.
std::string hint_of(const Case& failed) {
  return hint_for_command({.words = failed.words,
                           .place = failed.place,
                           .status = failed.status,
                           .kind = failed.kind,
                           .is_program = [](const std::string& name) {
                             return name == "ls" || name == "/bin/ls" || name == "env" || name == "true";
                           }});
}

constexpr CommandPlace after_proc{.option_before = "mount-proc", .value_before = "DIR"};
constexpr CommandPlace after_net{.option_before = "net", .value_before = "FILE"};
constexpr CommandPlace after_kill{.option_before = "kill-child", .value_before = "SIGNAL"};

}  // namespace

TEST_CASE("a value that stands where the command does is told from a command", "[command_hints]") {
  CHECK(hint_of({{"/mnt"}, after_proc, FileKind::directory, status_cannot_execute}) ==
        "the value of --mount-proc needs an =: --mount-proc=/mnt");
  CHECK(hint_of({{"TERM", "true"}, after_kill}) == "the value of --kill-child needs an =: --kill-child=TERM");
  CHECK(hint_of({{"9", "true"}, after_kill}) == "the value of --kill-child needs an =: --kill-child=9");
  CHECK(hint_of({{"kept"}, after_net, FileKind::empty_file, status_cannot_execute}) ==
        "the value of --net needs an =: --net=kept");
  CHECK(hint_of({{"/no/file", "true"}, after_net}) == "the value of --net needs an =: --net=/no/file");
  CHECK(hint_of({{"lo", "true"}, after_net}) == "--net takes a value only as --net=FILE: here lo is COMMAND");
}

TEST_CASE("a command that is mistyped behind an option is no value", "[command_hints]") {
  CHECK(hint_of({{"sl", "-l"}, after_net}).empty());
  CHECK(hint_of({{"sl"}, after_proc}).empty());
  CHECK(hint_of({{"./script.sh"}, after_net}).empty());
  CHECK(hint_of({{"./script.sh", "ls"}, after_net, FileKind::other, status_cannot_execute}).empty());
  CHECK(hint_of({{"true.sh", "x"}, after_kill}).empty());
  CHECK(hint_of({{"/mnt"}, {}, FileKind::directory, status_cannot_execute}).empty());
}

TEST_CASE("a line for a shell is told from a program", "[command_hints]") {
  CHECK(hint_of({{"ls -l"}}) == "the quotes make it one word: leave them out, or type sh -c 'ls -l'");
  CHECK(hint_of({{"/bin/ls -l"}}) ==
        "the quotes make it one word: leave them out, or type sh -c '/bin/ls -l'");
  CHECK(hint_of({{"a; b"}}) == "only a shell reads such a line: sh -c 'a; b'");
  CHECK(hint_of({{"echo 'a' | ls"}}) == "only a shell reads such a line: sh -c 'echo '\\''a'\\'' | ls'");
  CHECK(hint_of({{"cd /; ls " + std::string(80, 'x')}}) == "only a shell reads such a line: sh -c '...'");
  CHECK(hint_of({{"cd /tmp"}}) == "only a shell reads such a line: sh -c 'cd /tmp'");
  CHECK(hint_of({{"cd", "/tmp"}}) == "cd is part of the shell: --wd=/tmp, or sh -c 'cd /tmp'");
  CHECK(hint_of({{"export", "A=1"}}) == "export is part of the shell: sh -c 'export A=1'");
  CHECK(hint_of({{"source", "x"}}) == "source is part of the shell: bash -c 'source x'");
  CHECK(hint_of({{".", "x"}, {}, FileKind::directory, status_cannot_execute}) ==
        ". is part of the shell: sh -c '. x'");
  CHECK(hint_of({{"A=1", "env"}}) == "variables are set by env: env A=1 env");
  CHECK(hint_of({{"A=1 env"}}) == "only a shell reads such a line: sh -c 'A=1 env'");
}

TEST_CASE("words that were meant for pidns are told from a command", "[command_hints]") {
  CHECK(hint_of({{"list"}, {.is_option_name = true}}) == "did you mean --list?");
  CHECK(hint_of({{"mount-proc=/mnt"}, {.is_option_name = true}}) == "did you mean --mount-proc=/mnt?");
  CHECK(hint_of({{"run", "true"}}) == "pidns has no subcommands: leave out run");
  CHECK(hint_of({{"exec", "true"}}) == "pidns has no subcommands: leave out exec");
  CHECK(hint_of({{"4711", "ls"}}) == "4711 is a number: --join takes one PID, before COMMAND");
  CHECK(hint_of({{"--fork", "true"}}) == "what follows -- is COMMAND: options stand before it");
}

TEST_CASE("characters of slides are named", "[command_hints]") {
  CHECK(hint_of({{"—fork", "true"}}) == "—fork begins with a dash: type --fork");
  CHECK(hint_of({{"–f", "true"}}) == "–f begins with a dash: type -f");
  CHECK(hint_of({{"“ls", "-l”"}}) == "“ is not a quotation mark of the shell: type \" or '");
  CHECK(hint_of({{"ls\u00a0-l"}}) == "ls\u00a0-l has a character in it that only looks like a blank");
}

TEST_CASE("where nothing speaks for a mistake there is no hint", "[command_hints]") {
  for (const char* word :
       {"", "sl", "no-such-command", "/no/such/file", "a b", "no such", "1x=2", "=", "it's", "-"}) {
    CAPTURE(word);
    CHECK(hint_of({{word}}).empty());
  }
  CHECK(hint_of({{"sl", "*"}}).empty());
  CHECK(hint_of({{"ls"}, {}, FileKind::other, status_cannot_execute}).empty());
}
