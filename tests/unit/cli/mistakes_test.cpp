#include "pidns/cli/mistakes.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "pidns/cli/option_table.hpp"
#include "pidns/cli/other_tools.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

struct Mistake {
  std::vector<const char*> line;
  std::string message;
  std::string hint = {};
};

UsageError error_of(const std::vector<const char*>& line) {
  try {
    parse(line);
  } catch (const UsageError& error) {
    return error;
  }
  return UsageError("no error");
}

std::string unknown(const std::string& word, const std::string& option) {
  return word + ": unknown option, did you mean --" + option + "?";
}

std::string unknown(const std::string& word) {
  return word + ": unknown option, see pidns --help";
}

const std::string blank = ": unknown option, with a blank in it: leave out the quotes";

const std::string pids = "pidns --list shows the namespaces and the PIDs in them";

const std::vector<Mistake> mistakes{
    // a minus sign is missing
    {{"-fork", "true"}, unknown("-fork", "fork")},
    {{"-frok", "true"}, unknown("-frok", "fork")},
    {{"-mount-proc"}, unknown("-mount-proc", "mount-proc")},
    {{"-mount-p"}, unknown("-mount-p", "mount-proc")},
    {{"-init"}, unknown("-init", "init")},
    {{"-net"}, unknown("-net", "net")},
    {{"-version"}, unknown("-version", "version")},
    {{"-help"}, unknown("-help", "help")},
    {{"-root=/mnt"}, unknown("-root=/mnt", "root=/mnt")},
    {{"-kill-child=TERM"}, unknown("-kill-child=TERM", "kill-child=TERM")},
    {{"-list"},
     "--load-interp: ist is not :name:type:offset:magic:mask:interpreter:flags",
     "did you mean --list?"},
    // a blank is missing
    {{"-pf--mount-proc"}, "-pf--mount-proc: a blank is missing before --mount-proc"},
    {{"-fp--init"}, "-fp--init: a blank is missing before --init"},
    {{"--fork--mount-proc=/mnt"}, "--fork--mount-proc: a blank is missing before --mount-proc"},
    {{"--wd/srv"}, unknown("--wd/srv", "wd=/srv")},
    {{"--mount-proc/mnt"}, unknown("--mount-proc/mnt", "mount-proc=/mnt")},
    // what is listed and joined
    {{"--list", "bash"}, "--list: bash is not a PID", pids},
    {{"--join", "bash", "true"}, "--join: bash is not a PID", pids},
    {{"--join=0", "true"}, "--join: 0 is not a PID", pids},
    {{"--list=1", "true"}, "--list: true is not a PID", pids},
    {{"--list", "--", "1", "bash"}, "--list: bash is not a PID", pids},
    // a blank too many
    {{"--fork bash"}, "--fork bash" + blank},
    {{"-f bash"}, "-f bash" + blank},
    {{"--fork\u00a0bash"},
     "--fork\u00a0bash: unknown option, with a character that only looks like a blank in it"},
    // a letter has no `=`
    {{"-n=lo"}, unknown("-n=lo", "net=lo")},
    {{"-pn=lo"}, unknown("-pn=lo", "net=lo")},
    {{"-f=yes"}, "-f=yes: -f takes no value"},
    {{"-="}, unknown("-=")},
    // a dash of another kind
    {{"-–fork"}, unknown("-–fork", "fork")},
    {{"--—fork"}, unknown("--—fork", "fork")},
    // a slip of the finger, and what is too far from any option
    {{"--frok"}, unknown("--frok", "fork")},
    {{"--FORK"}, unknown("--FORK", "fork")},
    {{"--mount_proc"}, unknown("--mount_proc", "mount-proc")},
    {{"--explian"}, unknown("--explian", "explain")},
    {{"--jion"}, unknown("--jion", "join")},
    {{"--verison"}, unknown("--verison", "version")},
    {{"--clearenv"}, unknown("--clearenv", "clear-env")},
    {{"--tree"}, unknown("--tree")},
    {{"--name", "x"}, unknown("--name")},
    {{"--uid"}, "--uid: that is --map-user here, or --setuid"},
    {{"--zyzzyva"}, unknown("--zyzzyva")},
    {{"-pfd"}, "-pfd: unknown option -d, see pidns --help"},
    {{"-Z"}, unknown("-Z")},
    {{"-ü"}, unknown("-ü")},
    // words of other tools
    {{"-it", "bash"}, "-it: not needed: COMMAND has the terminal of pidns"},
    {{"-t", "1"}, "-t: that is --join here"},
    {{"--target", "1"}, "--target: that is --join here"},
    {{"--target=1"}, "--target: that is --join here"},
    {{"--unshare-pid"}, "--unshare-pid: always on: pidns makes a PID namespace"},
    {{"--proc", "/proc"}, "--proc: that is --mount-proc here"},
    {{"--as-pid-1"}, "--as-pid-1: that is --mount-proc here"},
    {{"--rm"}, "--rm: not needed: nothing is left when COMMAND ends"},
    {{"--bind", "/a", "/b"},
     "--bind: that is done by mount inside, as root or with -r: pidns sh -c 'mount ... && exec COMMAND'"},
    {{"--setenv", "A", "1"}, "--setenv: that is done by env: pidns env NAME=VALUE COMMAND"},
};

/// The long options that a text names.
std::vector<std::string> options_in(std::string_view text) {
  std::vector<std::string> names;
  for (auto at = text.find("--"); at != std::string_view::npos; at = text.find("--", at + 2)) {
    const std::string_view name = text.substr(at + 2);
    names.emplace_back(name.substr(0, name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-")));
  }
  return names;
}

}  // namespace

TEST_CASE("a line that is typed wrongly gets the line that helps", "[mistakes]") {
  int right = 0;
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.line);
    const UsageError error = error_of(mistake.line);
    CHECK(error.what() == mistake.message);
    CHECK(error.hint == mistake.hint);
    right += error.what() == mistake.message && error.hint == mistake.hint ? 1 : 0;
  }
  std::cout << "mistyped lines: " << mistakes.size() << " lines, " << right << " with the line that helps\n";
}

TEST_CASE("the words of other tools are not options here and the advice names options that are",
          "[mistakes]") {
  const auto table = option_table();
  const auto is_option = [&](std::string_view name) {
    return std::any_of(table.begin(), table.end(),
                       [&](const OptionSpec& option) { return option.name == name; });
  };
  REQUIRE(other_tools_words().size() > 50);
  for (const auto& [word, advice] : other_tools_words()) {
    CAPTURE(word, advice);
    const std::string typed(word);
    const UsageError error = error_of({typed.c_str(), "x"});
    CHECK(error.what() == typed + ": " + std::string(advice));
    if (!advice.starts_with("that is done by")) {  // there, they are options of that program
      for (const std::string& name : options_in(advice)) {
        CHECK(is_option(name));
      }
    }
  }
}
