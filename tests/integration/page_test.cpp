#include "page.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "harness.hpp"
#include "support/catch.hpp"

using harness::Result;
using harness::Terminal;
using Lines = std::vector<std::string>;

namespace {

std::string join(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + '\n';
  }
  return text;
}

/// An interactive shell as the reader of a page has it, except that its prompt can be told from output.
class Reader {
 public:
  Reader(const std::vector<std::string>& shell, const std::string& home)
      : terminal_(shell, {.environment = {"HOME=" + home, "TERM=dumb", "LC_ALL=C.UTF-8", "COLUMNS=200",
                                          "NO_COLOR=1", "PIDNS=" + harness::pidns_binary()},
                          .before_exec = close_what_ctest_has_open}) {
    terminal_.wait_for(prompt);
  }

  /// Waits until every program that was started sleeps, and each pidns has its command: a reader types no
  /// faster.
  void wait_until_idle() {
    harness::wait_until("programs that were started", [&] {
      const auto started = harness::descendants_of(terminal_.pid());
      return std::all_of(started.begin(), started.end(), is_idle);
    });
  }

  std::vector<std::string> enter(const std::string& command) {
    terminal_.type(command + '\r');
    std::vector<std::string> lines;
    for (std::string line : harness::lines(terminal_.wait_for(prompt))) {
      line.erase(line.find_last_not_of('\r') + 1);
      lines.push_back(line);
    }
    lines.erase(lines.begin());  // the command itself
    lines.pop_back();            // the next prompt
    return lines;
  }

  static constexpr std::string_view prompt = "<prompt># ";

 private:
  /// The numbers of the files that pidns opens are on the pages.
  static void close_what_ctest_has_open() { ::close_range(STDERR_FILENO + 1, ~0U, 0); }

  static bool is_idle(pid_t pid) {
    const char state = harness::process_state(pid);
    const bool is_starting =
        harness::status_field(pid, "Name") == "pidns" && harness::children_of(pid).empty();
    return (state == 'S' && !is_starting) || state == 'Z' || state == '\0';
  }

  Terminal terminal_;
};

std::string source(const std::string& name) {
  return harness::read_file(PIDNS_SOURCE_DIR "/" + name);
}

/// All keys in a JSON document, on whichever level.
void collect_keys(const std::string& document, std::set<std::string>& keys) {
  const auto flat = nlohmann::json::parse(document).flatten();  // `/namespaces/0/parent`
  for (const auto& [path, value] : flat.items()) {
    std::istringstream steps(path.substr(1));
    for (std::string step; std::getline(steps, step, '/');) {
      if (step.find_first_not_of("0123456789") != std::string::npos) {
        keys.insert(step);
      }
    }
  }
}

/// With the narration of --explain first, as far as it can be told from the output of the command.
Lines with_narration_first(Lines lines) {
  std::stable_partition(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with('[') || line.starts_with("    ");
  });
  return lines;
}

/// pidns tells that the command was executed once it knows: on a busy machine the command writes before that.
bool matches_in_some_order(page::Matcher& matcher, const page::Command& command, const Lines& seen) {
  page::Matcher same_order = matcher;
  if (same_order.matches(command.output, seen)) {
    matcher = same_order;
    return true;
  }
  return command.typed.find("--explain") != std::string::npos &&
         matcher.matches(with_narration_first(command.output), with_narration_first(seen));
}

void check_page(const std::string& name, const std::string& markdown) {
  const auto commands = page::read_commands(markdown);
  REQUIRE(commands.size() > 10);
  const harness::TemporaryDirectory home;
  std::filesystem::permissions(home.path(), std::filesystem::perms{0755});
  harness::write_file(home.path() + "/.bashrc", R"(
PS1='<prom''pt># '
PATH=$HOME:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
bind 'set enable-bracketed-paste off' 2>/dev/null
)");
  // Else the bash of Ubuntu calls groups(1) as it starts, and the next command has another PID than on the
  // pages.
  harness::write_file(home.path() + "/.hushlogin", "");
  // Not a link: nobody may not be able to enter the directory of the build.
  std::filesystem::copy_file(harness::pidns_binary(), home.path() + "/pidns");
  std::map<std::size_t, std::unique_ptr<Reader>> readers;
  page::Matcher matcher;
  int section = 0;
  int equal = 0;
  for (const page::Command& command : commands) {
    if (std::exchange(section, command.section) != command.section) {
      matcher = {};
    }
    if (!readers.contains(command.terminal)) {
      const bool is_root = command.terminal != page::terminal_of_nobody;
      const Lines shell = is_root ? Lines{"bash"} : harness::as_nobody({"bash"});
      readers[command.terminal] = std::make_unique<Reader>(shell, home.path());
    }
    for (const auto& [terminal, reader] : readers) {
      reader->wait_until_idle();
    }
    const auto seen = readers.at(command.terminal)->enter(matcher.typed(command.typed));
    REQUIRE(command.typed.size() < 70);  // or the shell would break the line
    INFO("# " << command.typed << "\non the page:\n" << join(command.output));
    const bool is_other =
        !command.other_output.empty() && page::Matcher().matches(command.other_output, seen);
    const bool is_equal = is_other || matches_in_some_order(matcher, command, seen);
    if (!is_equal) {
      std::cout << "# " << command.typed << "\nseen:\n" << join(seen);
    }
    CHECK(is_equal);
    equal += is_equal ? 1 : 0;
  }
  std::cout << name << ": " << commands.size() << " commands, " << equal << " with the output on the page\n";
}

}  // namespace

TEST_CASE("the manual page describes the keys of all JSON objects, and no others", "[page]") {
  std::set<std::string> seen;
  const std::string end = harness::run_pidns({"--json-status-fd=1", "sh", "-c", "kill -9 $$"}).out;
  const std::string failure = harness::run_pidns({"--json-status-fd=1", "/nonexistent"}).out;
  for (const std::string& line : harness::lines(end + failure)) {
    collect_keys(line, seen);
  }
  // Of these two namespaces, the inner one is made by a PID 1.
  harness::Running inside(
      harness::pidns_as_pid_1(harness::pidns_as_pid_1({"sh", "-c", "echo runs; read -r _"})));
  inside.wait_for_output("runs");
  collect_keys(harness::run_pidns({"--list", "--json"}).out, seen);

  CHECK(page::keys_of(source("man/pidns.1")) == seen);
}

TEST_CASE("a page is read command by command", "[page]") {
  const auto commands = page::read_commands(
      "## One\n```console\n# a\nout\n\nput\n```\n# no command\n## Two\n```console second\n# b\n```\n```\n# "
      "c\n```\n```console\n$ d\n# e\n```\n");
  REQUIRE(commands.size() == 4);
  CHECK(commands[0] == page::Command{1, 0, "a", {"out", "", "put"}});
  CHECK(commands[1] == page::Command{2, 1, "b", {}});
  CHECK(commands[2] == page::Command{2, page::terminal_of_nobody, "d", {}});
  CHECK(commands[3] == page::Command{2, 0, "e", {}});
}

TEST_CASE("a page may have a second output of a command", "[page]") {
  const auto commands =
      page::read_commands("```console\n# a\nout\n```\nIt may also say:\n```console or\nerror\n```\n");
  REQUIRE(commands.size() == 1);
  CHECK(commands[0] == page::Command{0, 0, "a", {"out"}, {"error"}});
}

TEST_CASE("a reader of a page types the numbers that were seen", "[page]") {
  page::Matcher matcher;
  CHECK(matcher.matches(Lines{"4711 12"}, Lines{"815 12"}));
  CHECK(matcher.typed("kill 4711 12 4712") == "kill 815 12 4712");
}

TEST_CASE("long numbers of a page stand for others, one for one", "[page]") {
  page::Matcher matcher;
  CHECK(matcher.matches(Lines{"pid 4711 4711"}, Lines{"pid 815 815"}));
  CHECK(matcher.matches(Lines{"pid  4711"}, Lines{" pid 815 "}));
  CHECK_FALSE(matcher.matches(Lines{"4711"}, Lines{"816"}));
  CHECK_FALSE(matcher.matches(Lines{"4712"}, Lines{"815"}));
  CHECK(matcher.matches(Lines{"4712"}, Lines{"817"}));
  CHECK_FALSE(matcher.matches(Lines{"1"}, Lines{"2"}));
  CHECK_FALSE(matcher.matches(Lines{"4713"}, Lines{"12"}));
}

TEST_CASE("an ellipsis of a page stands for any text or any lines", "[page]") {
  page::Matcher matcher;
  CHECK(matcher.matches(Lines{"a … z"}, Lines{"a b c z"}));
  CHECK_FALSE(matcher.matches(Lines{"a … z"}, Lines{"a b c"}));
  CHECK(matcher.matches(Lines{"a …"}, Lines{"a b"}));
  CHECK(matcher.matches(Lines{"a … pid 4711"}, Lines{"a b pid 815"}));
  CHECK_FALSE(matcher.matches(Lines{"a … pid 4711"}, Lines{"a b pid 816"}));
  CHECK(matcher.matches(Lines{"a … 1 2 …"}, Lines{"a 3 1 2 4"}));
  CHECK(matcher.matches(Lines{"…", "end"}, Lines{"x", "y", "end"}));
  CHECK(matcher.matches(Lines{"start", "…"}, Lines{"start"}));
  CHECK_FALSE(matcher.matches(Lines{"…", "end"}, Lines{"x"}));
  CHECK_FALSE(matcher.matches(Lines{}, Lines{"x"}));
  CHECK_FALSE(matcher.matches(Lines{"x", "y"}, Lines{"x"}));
}

TEST_CASE("README shows what appears", "[page]") {
  check_page("README.md", source("README.md"));
}

TEST_CASE("the lesson shows what appears", "[page]") {
  check_page("lesson.md", source("docs/lesson.md"));
}

TEST_CASE("the lesson in Japanese shows what appears", "[page]") {
  check_page("lesson.ja.md", source("docs/lesson.ja.md"));
}

TEST_CASE("the examples of --explain show what appears", "[page]") {
  check_page("explain.md", source("docs/explain.md"));
}

TEST_CASE("both lessons show what appears on a machine with few processes", "[page]") {
  // PIDs of one digit would look like those inside.
  const std::string first_pid = "echo 1000 >/proc/sys/kernel/ns_last_pid && exec \"$0\" \"$1\"";
  const Result result =
      harness::run_pidns({"--init", "sh", "-c", first_pid, std::filesystem::read_symlink("/proc/self/exe"),
                          "the lesson shows what appears,the lesson in Japanese shows what appears"});
  INFO(result.out);
  CHECK_THAT(result.out, Catch::Contains("in 2 test cases"));
  CHECK(result.status() == 0);
}

TEST_CASE("the lesson has the error of ps that tests accept", "[page]") {
  const auto commands = page::read_commands(source("docs/lesson.md"));
  const auto ps = std::find_if(commands.begin(), commands.end(),
                               [](const page::Command& command) { return command.typed == "ps -Al"; });
  REQUIRE(ps != commands.end());
  CHECK(ps->other_output == Lines{std::string(page::error_of_ps)});
}

TEST_CASE("the examples of the manual page show what appears", "[page]") {
  check_page("pidns.1", page::examples_of(source("man/pidns.1")));
}

TEST_CASE("the lesson has the same commands in Japanese", "[page]") {
  const auto english = page::read_commands(source("docs/lesson.md"));
  const auto japanese = page::read_commands(source("docs/lesson.ja.md"));
  CHECK(english == japanese);
}

TEST_CASE("the short pages in Japanese show what the English ones do", "[page]") {
  for (const std::string name : {"README", "docs/explain"}) {
    const auto english = page::read_commands(source(name + ".md"));
    const auto japanese = page::read_commands(source(name + ".ja.md"));
    CHECK(japanese.size() > 3);
    for (const page::Command& shown : japanese) {
      INFO(name << ": " << shown.typed);
      CHECK(std::any_of(english.begin(), english.end(), [&](const page::Command& command) {
        return command.typed == shown.typed && command.output == shown.output;
      }));
    }
  }
}
