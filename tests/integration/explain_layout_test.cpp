#include <algorithm>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::vector<std::string> explained(std::vector<std::string> options,
                                   const std::vector<std::string>& command) {
  options.insert(options.begin(), "--explain");
  options.insert(options.end(), command.begin(), command.end());
  return harness::pidns(options);
}

/// What is shown on a terminal, without the colours.
std::vector<std::string> rows(std::string shown) {
  for (auto start = shown.find('\x1b'); start != std::string::npos; start = shown.find('\x1b')) {
    shown.erase(start, shown.find('m', start) - start + 1);
  }
  shown.erase(std::remove(shown.begin(), shown.end(), '\r'), shown.end());
  return lines(shown);
}

}  // namespace

TEST_CASE("a terminal gets colours, unless NO_COLOR is set", "[explain]") {
  const auto shown = [](std::vector<std::string> environment) {
    Terminal terminal(explained({}, {"true"}), {.environment = std::move(environment)});
    terminal.finish();
    CHECK_THAT(terminal.shown(), Catch::Contains("unshare("));
    return terminal.shown();
  };
  CHECK(contains(shown({"TERM=xterm", "NO_COLOR="}), "\x1b[1m"));
  CHECK_FALSE(contains(shown({"TERM=xterm", "NO_COLOR=1"}), "\x1b"));
  CHECK_FALSE(contains(shown({"TERM=dumb", "NO_COLOR="}), "\x1b"));
  CHECK_FALSE(
      contains(run(explained({}, {"true"}), {.environment = {"TERM=xterm", "NO_COLOR="}}).err, "\x1b"));
}

TEST_CASE("the narration fits the terminal", "[explain]") {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--fork"}, {"--init", "-uinCT"}, {"-r"}, {"--no-fork"}}) {
    Terminal terminal(explained(options, {"true"}), {.environment = {"TERM=xterm"}});
    terminal.finish();
    const auto shown = rows(terminal.shown());
    REQUIRE(shown.size() > 4);
    for (const std::string& row : shown) {
      CAPTURE(row);
      CHECK(row.size() <= 80);
    }
  }
}

TEST_CASE("the narration of an ordinary user fits a terminal of 24 lines", "[explain]") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--explain", "/bin/true"}, {"--explain", "--mount-proc", "/bin/true"}}) {
    const std::string narration = run(pidns_as_nobody(words)).err;
    INFO(narration);
    // With what was typed, a line of output, and the next prompt.
    CHECK(lines(narration).size() <= 21);
  }
}

TEST_CASE("a pipe gets lines of 80 columns", "[explain]") {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--no-fork"}, {"-uinCT"}, {"--fork", "-r"}}) {
    for (const std::string& line : lines(run(explained(options, {"/bin/true"})).err)) {
      CAPTURE(line);
      CHECK(line.size() <= 80);
    }
  }
}

TEST_CASE("the execution of the command is narrated with its result", "[explain]") {
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--fork"}, {"--fork", "-T"}}) {
    CHECK_THAT(run(explained(options, {"/bin/true"})).err,
               Catch::Contains("execvp(\"/bin/true\", [\"/bin/true\"]) = 0\n"));
  }
  // Nobody is left to tell the result.
  CHECK_THAT(run(explained({"--no-fork"}, {"/bin/true"})).err,
             Catch::Contains("execvp(\"/bin/true\", [\"/bin/true\"])\n"));
}

TEST_CASE("the option --color decides about the colours of the narration", "[explain]") {
  CHECK(contains(run(explained({"--color=always"}, {"true"})).err, "\x1b["));
  Terminal terminal(explained({"--color=never"}, {"true"}), {.environment = {"TERM=xterm"}});
  terminal.finish();
  CHECK_FALSE(contains(terminal.shown(), "\x1b["));
}
