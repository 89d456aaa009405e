#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

std::string shown_on_terminal(const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment) {
  std::vector<std::string> command{"env", "--unset=NO_COLOR"};
  command.insert(command.end(), environment.begin(), environment.end());
  const auto line = harness::pidns(arguments);
  command.insert(command.end(), line.begin(), line.end());
  Terminal terminal(command);
  CHECK(terminal.finish() == ExitStatus{});
  return terminal.shown();
}

}  // namespace

TEST_CASE("the headings of the help are bold where somebody looks at them", "[help]") {
  const std::string bold = "\x1b[1mUsage:\x1b[0m pidns";
  for (const std::string option : {"-h", "--help"}) {
    CAPTURE(option);
    CHECK_THAT(shown_on_terminal({option}, {"TERM=xterm"}), Catch::StartsWith(bold));
    CHECK_THAT(shown_on_terminal({option}, {"TERM=xterm", "NO_COLOR="}), Catch::StartsWith(bold));
    for (const std::vector<std::string>& plain :
         {std::vector<std::string>{"TERM=xterm", "NO_COLOR=1"}, std::vector<std::string>{"TERM=dumb"}}) {
      CHECK_THAT(shown_on_terminal({option}, plain),
                 Catch::StartsWith("Usage: pidns") && !Catch::Contains("\x1b"));
    }
    const Result piped = run_pidns({option}, {.environment = {"TERM=xterm"}});
    CHECK_THAT(piped.out, Catch::StartsWith("Usage: pidns") && !Catch::Contains("\x1b"));
    CHECK(piped.status() == 0);
  }
}

TEST_CASE("what is no help is printed as it is on a terminal too", "[help]") {
  CHECK_THAT(shown_on_terminal({"--version"}, {"TERM=xterm"}), !Catch::Contains("\x1b"));
  CHECK_THAT(shown_on_terminal({"--completion", "bash"}, {"TERM=xterm"}), !Catch::Contains("\x1b[1m"));
}

TEST_CASE("an unknown option shows no page of text", "[help]") {
  for (const std::string option : {"--zyzzyva", "-Q", "--frok", "-it"}) {
    const Result result = run_pidns({option, "true"});
    CHECK(result.out.empty());
    CHECK(lines(result.err).size() == 1);
    CHECK(result.status() == 125);
  }
}
