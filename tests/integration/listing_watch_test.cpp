#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>

#include "harness.hpp"
#include "listing_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace listing_tools;

namespace {

const std::string enter = "\x1b[?1049h";
const std::string leave = "\x1b[?1049l";

termios settings_of(const Terminal& terminal) {
  termios settings{};
  REQUIRE(::tcgetattr(terminal.master(), &settings) == 0);
  return settings;
}

bool shows_keys(const Terminal& terminal) {
  return (settings_of(terminal).c_lflag & ECHO) != 0 && (settings_of(terminal).c_lflag & ICANON) != 0;
}

/// A script that says on the same terminal how the watch ended.
std::vector<std::string> watched(const std::string& arguments) {
  return {"sh", "-c", pidns_binary() + " --list --watch=0.1 " + arguments + "; echo st=$?"};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

/// The screen was entered and left once, its cursor is shown again, and the keys are as before.
void check_as_before(const Terminal& terminal) {
  CHECK(count(terminal.shown(), enter) == 1);
  CHECK(count(terminal.shown(), leave) == 1);
  CHECK(terminal.shown().rfind("\x1b[?25h") > terminal.shown().rfind("\x1b[?25l"));
}

}  // namespace

TEST_CASE("q leaves a listing that is watched", "[listing]") {
  for (const std::string key : {"q", "Q"}) {
    Terminal terminal(watched(""));
    terminal.wait_for(enter);
    terminal.wait_for("(yours)");
    CHECK_FALSE(shows_keys(terminal));
    terminal.type("x");  // any other key does nothing
    terminal.wait_for("(yours)");
    terminal.type(key);
    terminal.wait_for("st=0");
    CHECK(shows_keys(terminal));
    CHECK(terminal.finish() == ExitStatus{});
    check_as_before(terminal);
  }
}

TEST_CASE("Ctrl-C and signals leave a listing that is watched", "[listing]") {
  Terminal terminal({"bash", "-c", "trap : INT; " + pidns_binary() + " --list --watch=0.1; echo st=$?"});
  terminal.wait_for("(yours)");
  terminal.type("\x03");
  terminal.wait_for("st=130");
  CHECK(shows_keys(terminal));
  terminal.finish();
  check_as_before(terminal);
  for (const int signal : {SIGTERM, SIGHUP}) {
    Terminal other(watched(""));
    other.wait_for("(yours)");
    const pid_t watch = only_child_of(other.pid());
    ::kill(watch, signal);
    other.wait_for("st=" + std::to_string(128 + signal));
    CHECK(shows_keys(other));
    other.finish();
    check_as_before(other);
  }
}

TEST_CASE("a listing that is watched marks what is new and what has ended", "[listing]") {
  // In a namespace of its own, so that the listing fits the terminal.
  Running outer(pidns_as_pid_1({"sh", "-c", R"(echo ready; read line
unshare --pid --fork sh -c 'sleep 1000 & echo ready; exec head -n 1 >/dev/null'
read line)"}));
  const pid_t init = wait_for_init(outer);
  Terminal terminal(
      {"env", "TERM=xterm", pidns_binary(), "--list", number(init), "--watch=0.1", "--color=always"});
  terminal.wait_for("COMMAND");
  outer.write("\n");
  CHECK(outer.read_line() == "ready");
  const pid_t inner = only_child_of(only_child_of(init));
  const std::string header = "`- pid:[" + number(static_cast<long>(namespace_of(inner, "pid"))) + "]";
  terminal.wait_for("\x1b[7m" + header);
  wait_until("head", [&] { return status_field(inner, "Name") == "head"; });  // which reaps nothing
  const pid_t sleep = only_child_of(inner);
  wait_until("sleep", [&] { return status_field(sleep, "Name") == "sleep"; });
  REQUIRE(::kill(sleep, SIGKILL) == 0);
  terminal.wait_for("\x1b[31m");
  terminal.wait_for("[sleep] <defunct>\x1b[0m");
  outer.write("\n");
  terminal.wait_for("\x1b[2m" + header);
  terminal.type("q");
  CHECK(terminal.finish() == ExitStatus{});
  outer.write("\n");
  CHECK(outer.finish().status() == 0);
}

TEST_CASE("a listing that is watched fits the terminal and follows its size", "[listing]") {
  // More than fit, also in a container with few processes.
  Running many(
      pidns_as_pid_1({"sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 600 & done; echo runs; read -r _"}));
  many.wait_for_output("runs");
  Terminal terminal({pidns_binary(), "--list", number(many.pid()), "--watch=0.1"}, {.before_exec = [] {
                      const winsize size{.ws_row = 5, .ws_col = 30, .ws_xpixel = 0, .ws_ypixel = 0};
                      ::ioctl(STDIN_FILENO, TIOCSWINSZ, &size);
                    }});
  const std::string first = terminal.wait_for("\x1b[J");
  CHECK(count(first, "\r\n") == 4);  // the title and four lines
  CHECK_THAT(first, Catch::Contains(" more lines"));
  const winsize larger{.ws_row = 9, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0};
  REQUIRE(::ioctl(terminal.master(), TIOCSWINSZ, &larger) == 0);
  while (count(terminal.wait_for("\x1b[J"), "\r\n") != 8) {
  }
  terminal.type("q");
  CHECK(terminal.finish() == ExitStatus{});
}

TEST_CASE("Ctrl-Z gives the terminal back until fg", "[listing]") {
  Terminal terminal({"bash", "--norc", "-i"}, {.environment = {"PS1=prompt> ", "HISTFILE="}});
  terminal.wait_for("prompt> ");
  terminal.type(pidns_binary() + " --list --watch=0.1\r");
  terminal.wait_for("(yours)");
  terminal.type("\x1a");
  terminal.wait_for(leave);
  terminal.wait_for("prompt> ");
  terminal.type("fg\r");
  terminal.wait_for(enter);
  terminal.wait_for("(yours)");
  terminal.type("q");
  terminal.wait_for("prompt> ");
  terminal.type("echo st=$?\r");
  terminal.wait_for("st=0");
  terminal.type("exit\r");
  terminal.finish();
}

TEST_CASE("what cannot be watched is told, on the terminal as it was", "[listing]") {
  const Message message = message_of(run_pidns({"--list", "--watch"}));
  CHECK(message.text == "--watch: stdout is not a terminal");
  CHECK(message.hint == "--list alone prints the listing once");
  Terminal terminal(watched("99999999"));
  terminal.wait_for("pidns: --list: no process has the PID 99999999");
  terminal.wait_for("st=125");
  terminal.finish();
  check_as_before(terminal);
}
