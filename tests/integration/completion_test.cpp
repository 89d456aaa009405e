#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "harness.hpp"

using harness::Terminal;

namespace {

/// A shell with the completion of pidns, and with a `pidns` that only tells its arguments: so what Tab has
/// made of a line is seen when it is entered.
struct CompletingShell {
  std::string run;    ///< runs it on the file $1 before anything else
  std::string start;  ///< that file
};

struct Line {
  std::string typed;
  std::vector<std::string> arguments;  ///< that pidns gets
};

std::vector<Line> lines_in(const std::string& directory) {
  return {
      {"--no-f\t", {"--no-fork"}},
      {"--fork --mount-p\t", {"--fork", "--mount-proc"}},
      {"--kill-child=TE\t", {"--kill-child=TERM"}},
      {"--propagation=sl\t", {"--propagation=slave"}},
      {"--propagation sl\t", {"--propagation", "slave"}},
      {"--completion=f\t", {"--completion=fish"}},
      {"--mount-proc=" + directory + "/on\t", {"--mount-proc=" + directory + "/only/"}},
      {"--wd " + directory + "/on\t", {"--wd", directory + "/only/"}},
      {"-fw " + directory + "/on\t", {"-fw", directory + "/only/"}},
      {"--join 200\t", {"--join", "20001"}},
      // what follows is completed as a command of its own
      {"mkfif\t", {"mkfifo"}},
      {"--fork mkfif\t", {"--fork", "mkfifo"}},
      {"-fw / mkfif\t", {"-fw", "/", "mkfifo"}},
      {"--propagation=slave -- mkfif\t", {"--propagation=slave", "--", "mkfifo"}},
      {"--fork cat " + directory + "/on\t", {"--fork", "cat", directory + "/only/"}},
      {"--fork pidns --no-f\t", {"--fork", "pidns", "--no-fork"}},
      {"--fork echo --no-f\t", {"--fork", "echo", "--no-f"}},  // an option of pidns is not one of echo
  };
}

std::string told(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) {
    text += "<" + argument + ">";
  }
  return text + "<>";
}

void check_completion(const CompletingShell& shell) {
  const harness::TemporaryDirectory directory;
  REQUIRE(std::system(("mkdir " + directory.path() + "/only").c_str()) == 0);
  harness::write_file(directory.path() + "/start", shell.start);
  // In a PID namespace of its own only one process has a PID that begins with 200.
  const std::string prepare = R"(
echo 20000 > /proc/sys/kernel/ns_last_pid
sleep 1000 &
echo 300 > /proc/sys/kernel/ns_last_pid
export HOME=$1
cd $1
set -- $1/start
)";
  Terminal terminal(harness::pidns({"sh", "-c", prepare + shell.run, "sh", directory.path()}),
                    {.environment = {"TERM=dumb", "PIDNS=" + harness::pidns_binary()}});
  terminal.wait_for("ready>");
  for (const Line& line : lines_in(directory.path())) {
    INFO(line.typed);
    terminal.type("pidns " + line.typed + "\r");
    const std::string shown = terminal.wait_for("<>");
    CHECK_THAT(shown, Catch::EndsWith("\n" + told(line.arguments)));
    terminal.wait_for("ready>");
  }
}

}  // namespace

TEST_CASE("completion in bash", "[.]") {
  check_completion({.run = "exec bash --rcfile $1 -i", .start = R"(
. /usr/share/bash-completion/bash_completion
. <("$PIDNS" --completion bash)
pidns() { printf '<%s>' "$@" ''; echo; }
PS1='ready''> ')"});
}

TEST_CASE("completion in zsh", "[.]") {
  check_completion({.run = "mkdir rc functions; mv $1 rc/.zshrc; ZDOTDIR=$PWD/rc exec zsh -i", .start = R"(
"$PIDNS" --completion zsh > functions/_pidns
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -D
unsetopt auto_remove_slash
pidns() { printf '<%s>' "$@" ''; echo; }
PS1='ready''> ')"});
}

TEST_CASE("completion in fish", "[.]") {
  check_completion({.run = R"(exec fish --no-config --init-command "source $1" -i)", .start = R"(
"$PIDNS" --completion fish | source
function pidns; printf '<%s>' $argv ''; echo; end
function fish_prompt; echo -n 'ready''> '; end)"});
}
