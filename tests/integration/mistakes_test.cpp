#include <catch2/catch.hpp>
#include <iostream>

#include "harness.hpp"

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
                    std::vector<std::string> (*command)(std::vector<std::string>)) {
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
