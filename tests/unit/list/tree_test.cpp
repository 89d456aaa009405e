#include "pidns/list/tree.hpp"

#include "pidns/util/colour.hpp"
#include "pidns/util/text.hpp"
#include "sample_listing.hpp"
#include "support/catch.hpp"

using namespace pidns;
using namespace sample_listing;

namespace {

/// The lines of the processes of such a listing, from the command on.
std::vector<std::string> commands_of(const std::string& text) {
  std::vector<std::string> commands;
  std::string_view rest = text;
  std::size_t column = std::string::npos;
  while (!rest.empty()) {
    const std::string_view line = consume_until(rest, '\n');
    if (column != std::string::npos && line.size() >= column) {
      commands.emplace_back(line.substr(column));
    } else if (line.find("COMMAND") != std::string_view::npos) {
      column = line.find("COMMAND");
    }
  }
  return commands;
}

std::string command_of(const Listing::Process& shown) {
  const auto commands = commands_of(to_text(with({shown}), std::nullopt, false));
  return commands.size() == 1 ? commands.front() : "not one command";
}

}  // namespace

TEST_CASE("namespaces and their processes are shown as a tree", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {"bash"}), process({4802, 12}, 4711, {"sleep", "60"})});
  listing.namespaces[0].process_count = 84;
  listing.namespaces[1].maker = Listing::Maker{.pid = 4710, .name = "pidns", .is_pid_1 = false};
  CHECK(to_text(listing, std::nullopt, false) ==
        "pid:[100]  84 processes  (yours)\n"
        "`- pid:[200]  root  2 processes  made by pidns 4710\n"
        "      OUTSIDE  INSIDE  USER  COMMAND\n"
        "         4711       1  root  bash\n"
        "         4802      12  root  `- sleep 60\n");
}

TEST_CASE("the chain of processes that led to a namespace is shown", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {"bash"})});
  listing.namespaces[1].maker = Listing::Maker{
      .pid = 4710, .name = "pidns", .is_pid_1 = false, .ancestors = {{4650, "ba\nsh"}, {4649, "sshd"}}};
  CHECK_THAT(to_text(listing, std::nullopt, false),
             Catch::Contains("  1 process  made by pidns 4710 < ba\\x0ash 4650 < sshd 4649\n"));
}

TEST_CASE("a namespace that only a file keeps is shown", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {"bash"})});
  listing.namespaces[1].kept_in = {"/run/box/pid", "/run/a\nb"};
  listing.namespaces.push_back(ns(300, 100, {}));
  listing.namespaces[2].kept_in = {"/run/empty"};
  CHECK_THAT(to_text(listing, std::nullopt, false),
             Catch::Contains("|- pid:[200]  root  1 process  kept in /run/box/pid, /run/a\\x0ab\n") &&
                 Catch::EndsWith("`- pid:[300]  kept in /run/empty, no process\n"));
}

TEST_CASE("a namespace whose parent is not listed stands at the front", "[listing]") {
  Listing listing;
  listing.namespaces = {ns(200, 100, {process({10, 1}, 9, {"a"})}),
                        ns(300, 200, {process({20, 7, 1}, 10, {"b"})})};
  CHECK_THAT(to_text(listing, std::nullopt, false),
             Catch::StartsWith("pid:[200]  root  1 process\n") && Catch::Contains("\n`- pid:[300]"));
}

TEST_CASE("numbers are in the colour of the side where they count", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {"bash"})});
  listing.namespaces[1].maker = Listing::Maker{.pid = 4710, .name = "pidns", .is_pid_1 = false};
  const std::string text = to_text(listing, std::nullopt, true);
  const auto in = [](std::string_view colour, const std::string& number) {
    return std::string(colour) + number + std::string(no_colour);
  };
  CHECK_THAT(text, Catch::Contains("made by pidns " + in(outside_colour, "4710") + "\n"));
  CHECK_THAT(text, Catch::Contains(in(outside_colour, "   4711") + in(inside_colour, "       1") +
                                   "  root  bash\n"));
  std::string plain = text;
  for (const std::string_view code : {outside_colour, inside_colour, no_colour}) {
    for (auto at = plain.find(code); at != std::string::npos; at = plain.find(code)) {
      plain.erase(at, code.size());
    }
  }
  CHECK(plain == to_text(listing, std::nullopt, false));
  CHECK(to_text(listing, 40, true).find("\u2026") != std::string::npos);
}

TEST_CASE("nested namespaces nest and show every level", "[listing]") {
  Listing listing;
  listing.namespaces = {own_ns(100, 1), ns(200, 100, {process({10, 1}, 9, {"a"})}),
                        ns(300, 200, {process({20, 7, 1}, 10, {"b"})}),
                        ns(400, 300, {process({30, 17, 9, 1}, 20, {"c"})}),
                        ns(500, 100, {process({40, 1}, 9, {"d"})})};
  CHECK(to_text(listing, std::nullopt, false) ==
        "pid:[100]  1 process  (yours)\n"
        "|- pid:[200]  root  1 process\n"
        "|  |  OUTSIDE  INSIDE  USER  COMMAND\n"
        "|  |       10       1  root  a\n"
        "|  `- pid:[300]  root  1 process\n"
        "|     |  OUTSIDE  INSIDE  USER  COMMAND\n"
        "|     |       20     7/1  root  b\n"
        "|     `- pid:[400]  root  1 process\n"
        "|           OUTSIDE  INSIDE  USER  COMMAND\n"
        "|                30  17/9/1  root  c\n"
        "`- pid:[500]  root  1 process\n"
        "      OUTSIDE  INSIDE  USER  COMMAND\n"
        "           40       1  root  d\n");
}

TEST_CASE("the parent of the caller's namespace is shown in full", "[listing]") {
  Listing listing;
  listing.namespaces = {ns(100, 0, {process({1}, 0, {"init"})}), own_ns(200, 2)};
  listing.namespaces[1].parent = 100;
  CHECK(to_text(listing, std::nullopt, false) ==
        "pid:[100]  root  1 process\n"
        "|  OUTSIDE  INSIDE  USER  COMMAND\n"
        "|        1       -  root  init\n"
        "`- pid:[200]  2 processes  (yours)\n");
}

TEST_CASE("a namespace whose processes are all hidden is shown without any", "[listing]") {
  Listing listing;
  listing.namespaces = {own_ns(100, 1), ns(200, 100, {}), ns(300, 200, {process({20, 7, 1}, 0, {"b"})})};
  CHECK_THAT(
      to_text(listing, std::nullopt, false),
      Catch::Contains("`- pid:[200]  no process that can be seen\n   `- pid:[300]  root  1 process\n"));
}

TEST_CASE("processes are a tree of parents and children in the order of their PIDs", "[listing]") {
  const Listing listing =
      with({process({10, 1}, 9, {"init"}), process({11, 2}, 10, {"a"}), process({12, 3}, 10, {"b"}),
            process({13, 4}, 11, {"a1"}), process({14, 5}, 13, {"a2"}), process({15, 6}, 12, {"b1"}),
            process({16, 7}, 99, {"joined"})});
  CHECK(commands_of(to_text(listing, std::nullopt, false)) ==
        std::vector<std::string>{"init", "|- a", "|  `- a1", "|     `- a2", "`- b", "   `- b1", "joined"});
}

TEST_CASE("no process is lost where parents make a circle", "[listing]") {
  const Listing listing =
      with({process({10, 1}, 9, {"init"}), process({11, 2}, 12, {"a"}), process({12, 3}, 11, {"b"})});
  CHECK(commands_of(to_text(listing, std::nullopt, false)) == std::vector<std::string>{"init", "a", "`- b"});
}

TEST_CASE("a chain of ten thousand processes is shown", "[listing]") {
  std::vector<Listing::Process> chain;
  for (pid_t pid = 1; pid <= 10000; ++pid) {
    chain.push_back(process({pid + 1, pid}, pid, {"link"}));
  }
  const auto commands = commands_of(to_text(with(std::move(chain)), 80, false));
  CHECK(commands.size() == 10000);
}

TEST_CASE("the owner is the user of PID 1 or of the lowest PID that can be seen", "[listing]") {
  auto first = process({20, 1}, 9, {"first"});
  first.user = "alice";
  auto second = process({10, 2}, 20, {"second"});
  second.user = "bob";
  CHECK_THAT(to_text(with({second, first}), std::nullopt, false),
             Catch::Contains("pid:[200]  alice  2 processes\n"));
  CHECK_THAT(to_text(with({second}), std::nullopt, false), Catch::Contains("pid:[200]  bob  1 process\n"));
}

TEST_CASE("a parent that may only have adopted PID 1 is not called its maker", "[listing]") {
  Listing listing = with({process({10, 1}, 1, {"a"})});
  listing.namespaces[1].maker = Listing::Maker{.pid = 1, .name = "in\nit", .is_pid_1 = true};
  CHECK_THAT(to_text(listing, std::nullopt, false), Catch::Contains("  child of in\\x0ait 1\n"));
}

TEST_CASE("a command line cannot break a line or steer the terminal", "[listing]") {
  CHECK(command_of(process({10, 1}, 9, {"a\nb", "\x1b[31m", "\x7f", "\xc2\x9b"})) ==
        "a\\x0ab \\x1b[31m \\x7f \\xc2\\x9b");
  CHECK(command_of(process({10, 1}, 9, {"caf\xe9", "caf\xc3\xa9"})) == "caf\\xe9 caf\xc3\xa9");
}

TEST_CASE("a process without a command line is shown by its name", "[listing]") {
  auto shown = process({10, 1}, 9, {});
  shown.name = "kworker/0:1";
  CHECK(command_of(shown) == "[kworker/0:1]");
  shown.name = "a\nb";
  shown.state = 'Z';
  CHECK(command_of(shown) == "[a\\x0ab] <defunct>");
}

TEST_CASE("columns are as wide as what they hold", "[listing]") {
  auto shown = process({12345678, 1234567}, 9, {"x"});
  shown.user = "somebody-else";
  CHECK_THAT(to_text(with({shown}), std::nullopt, false),
             Catch::Contains("      OUTSIDE   INSIDE  USER           COMMAND\n"
                             "      12345678  1234567  somebody-else  x\n"));
}

TEST_CASE("lines fit the width of a terminal", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {std::string(1 << 20, 'x')}),
                          process({4712, 2}, 4711, {"\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86"})});
  listing.hidden_processes = 3;
  for (const std::size_t width : {10U, 33U, 36U, 40U, 80U}) {
    const std::string text = to_text(listing, width, false);
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view line = consume_until(rest, '\n');
      CHECK(fit(line, width) == line);
      CHECK(on_one_line(line) == line);  // no character was cut in two
    }
  }
  CHECK_THAT(to_text(listing, 37, false), Catch::Contains(" `- \xe3\x81\x82\xe3\x81\x84\u2026\n"));
  CHECK_THAT(to_text(listing, 36, false), Catch::Contains(" `- \xe3\x81\x82\u2026\n"));
  CHECK(to_text(listing, std::nullopt, false).size() > 1U << 20U);
}

TEST_CASE("a listing says what it does not show", "[listing]") {
  Listing listing = with({});
  CHECK_THAT(to_text(listing, std::nullopt, false),
             !Catch::Contains("permitted") && !Catch::Contains("hidepid"));
  listing.hidden_processes = 1;
  listing.hidepid = "invisible";
  CHECK_THAT(to_text(listing, std::nullopt, false),
             Catch::EndsWith("1 process could not be looked at: not permitted\n"
                             "there may be more: /proc is mounted with hidepid=invisible\n"));
}
