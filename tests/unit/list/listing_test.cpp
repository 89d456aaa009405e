#include "pidns/list/listing.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "pidns/util/text.hpp"

using namespace pidns;
using nlohmann::json;

namespace {

Listing::Process process(std::vector<pid_t> pids, pid_t parent, std::vector<std::string> arguments) {
  return {.pids = std::move(pids),
          .parent = parent,
          .user = "root",
          .user_id = 0,
          .state = 'S',
          .name = "name",
          .arguments = std::move(arguments)};
}

Listing::Namespace space(ino_t number, ino_t parent, std::vector<Listing::Process> processes) {
  Listing::Namespace made;
  made.number = number;
  made.parent = parent;
  made.process_count = processes.size();
  made.processes = std::move(processes);
  return made;
}

Listing::Namespace own_space(ino_t number, std::size_t count) {
  Listing::Namespace made;
  made.number = number;
  made.own = true;
  made.process_count = count;
  return made;
}

/// A listing of one namespace besides the caller's.
Listing with(std::vector<Listing::Process> processes) {
  Listing listing;
  listing.namespaces = {own_space(100, 5), space(200, 100, std::move(processes))};
  return listing;
}

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
  const auto commands = commands_of(to_text(with({shown}), std::nullopt));
  return commands.size() == 1 ? commands.front() : "not one command";
}

json parsed(const Listing& listing) {
  return json::parse(to_json(listing));
}

}  // namespace

TEST_CASE("namespaces and their processes are shown as a tree", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {"bash"}), process({4802, 12}, 4711, {"sleep", "60"})});
  listing.namespaces[0].process_count = 84;
  listing.namespaces[1].maker = Listing::Maker{.pid = 4710, .name = "pidns", .is_pid_1 = false};
  CHECK(to_text(listing, std::nullopt) ==
        "pid:[100]  84 processes  (yours)\n"
        "`- pid:[200]  root  2 processes  made by pidns 4710\n"
        "      OUTSIDE  INSIDE  USER  COMMAND\n"
        "         4711       1  root  bash\n"
        "         4802      12  root  `- sleep 60\n");
}

TEST_CASE("nested namespaces nest and show every level", "[listing]") {
  Listing listing;
  listing.namespaces = {own_space(100, 1), space(200, 100, {process({10, 1}, 9, {"a"})}),
                        space(300, 200, {process({20, 7, 1}, 10, {"b"})}),
                        space(400, 300, {process({30, 17, 9, 1}, 20, {"c"})}),
                        space(500, 100, {process({40, 1}, 9, {"d"})})};
  CHECK(to_text(listing, std::nullopt) ==
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

TEST_CASE("a namespace above that of the caller is shown in full", "[listing]") {
  Listing listing;
  listing.namespaces = {space(100, 0, {process({1}, 0, {"init"})}), own_space(200, 2)};
  listing.namespaces[1].parent = 100;
  CHECK(to_text(listing, std::nullopt) ==
        "pid:[100]  root  1 process\n"
        "|  OUTSIDE  INSIDE  USER  COMMAND\n"
        "|        1       -  root  init\n"
        "`- pid:[200]  2 processes  (yours)\n");
}

TEST_CASE("a namespace whose processes are all hidden is shown without any", "[listing]") {
  Listing listing;
  listing.namespaces = {own_space(100, 1), space(200, 100, {}),
                        space(300, 200, {process({20, 7, 1}, 0, {"b"})})};
  CHECK_THAT(
      to_text(listing, std::nullopt),
      Catch::Contains("`- pid:[200]  no process that can be seen\n   `- pid:[300]  root  1 process\n"));
}

TEST_CASE("processes are a tree of parents and children in the order of their PIDs", "[listing]") {
  const Listing listing =
      with({process({10, 1}, 9, {"init"}), process({11, 2}, 10, {"a"}), process({12, 3}, 10, {"b"}),
            process({13, 4}, 11, {"a1"}), process({14, 5}, 13, {"a2"}), process({15, 6}, 12, {"b1"}),
            process({16, 7}, 99, {"joined"})});
  CHECK(commands_of(to_text(listing, std::nullopt)) ==
        std::vector<std::string>{"init", "|- a", "|  `- a1", "|     `- a2", "`- b", "   `- b1", "joined"});
}

TEST_CASE("no process is lost where parents make a circle", "[listing]") {
  const Listing listing =
      with({process({10, 1}, 9, {"init"}), process({11, 2}, 12, {"a"}), process({12, 3}, 11, {"b"})});
  CHECK(commands_of(to_text(listing, std::nullopt)) == std::vector<std::string>{"init", "a", "`- b"});
}

TEST_CASE("a chain of ten thousand processes is shown", "[listing]") {
  std::vector<Listing::Process> chain;
  for (pid_t pid = 1; pid <= 10000; ++pid) {
    chain.push_back(process({pid + 1, pid}, pid, {"link"}));
  }
  const auto commands = commands_of(to_text(with(std::move(chain)), 80));
  CHECK(commands.size() == 10000);
}

TEST_CASE("the owner is the user of PID 1 or of the lowest PID that can be seen", "[listing]") {
  auto first = process({20, 1}, 9, {"first"});
  first.user = "alice";
  auto second = process({10, 2}, 20, {"second"});
  second.user = "bob";
  CHECK_THAT(to_text(with({second, first}), std::nullopt),
             Catch::Contains("pid:[200]  alice  2 processes\n"));
  CHECK_THAT(to_text(with({second}), std::nullopt), Catch::Contains("pid:[200]  bob  1 process\n"));
}

TEST_CASE("nobody is called the maker who may only have adopted PID 1", "[listing]") {
  Listing listing = with({process({10, 1}, 1, {"a"})});
  listing.namespaces[1].maker = Listing::Maker{.pid = 1, .name = "in\nit", .is_pid_1 = true};
  CHECK_THAT(to_text(listing, std::nullopt), Catch::Contains("  child of in\\x0ait 1\n"));
  CHECK(parsed(listing)["namespaces"][1]["child-of"] == json{{"pid", 1}, {"name", "in\nit"}});
  CHECK_FALSE(parsed(listing)["namespaces"][1].contains("made-by"));
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
  CHECK_THAT(to_text(with({shown}), std::nullopt),
             Catch::Contains("      OUTSIDE   INSIDE  USER           COMMAND\n"
                             "      12345678  1234567  somebody-else  x\n"));
}

TEST_CASE("lines fit the width of a terminal", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {std::string(1 << 20, 'x')}),
                          process({4712, 2}, 4711, {"\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86"})});
  listing.hidden_processes = 3;
  for (const std::size_t width : {10U, 33U, 36U, 40U, 80U}) {
    const std::string text = to_text(listing, width);
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view line = consume_until(rest, '\n');
      CHECK(fit(line, width) == line);
      CHECK(on_one_line(line) == line);  // no character was cut in two
    }
  }
  CHECK_THAT(to_text(listing, 37), Catch::Contains(" `- \xe3\x81\x82\xe3\x81\x84\n"));
  CHECK(to_text(listing, std::nullopt).size() > 1U << 20U);
}

TEST_CASE("what is not shown is told", "[listing]") {
  Listing listing = with({});
  CHECK_THAT(to_text(listing, std::nullopt), !Catch::Contains("permitted") && !Catch::Contains("hidepid"));
  listing.hidden_processes = 1;
  listing.hidepid = "invisible";
  CHECK_THAT(to_text(listing, std::nullopt),
             Catch::EndsWith("1 process could not be looked at: not permitted\n"
                             "there may be more: /proc is mounted with hidepid=invisible\n"));
  CHECK(parsed(listing)["hidden-processes"] == 1);
  CHECK(parsed(listing)["hidepid"] == "invisible");
}

TEST_CASE("JSON has the same facts", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {"sh", "-c", "a\n\"b\"\x1b"})});
  listing.namespaces[1].maker = Listing::Maker{.pid = 4710, .name = "pidns", .is_pid_1 = false};
  CHECK(parsed(listing) ==
        json{{"namespaces",
              {{{"namespace", 100}, {"parent", nullptr}, {"yours", true}, {"process-count", 5}},
               {{"namespace", 200},
                {"parent", 100},
                {"yours", false},
                {"process-count", 1},
                {"owner", "root"},
                {"owner-id", 0},
                {"made-by", {{"pid", 4710}, {"name", "pidns"}}},
                {"processes", json::array({{{"outside", 4711},
                                            {"inside", json::array({1})},
                                            {"parent", 4710},
                                            {"user", "root"},
                                            {"user-id", 0},
                                            {"state", "S"},
                                            {"name", "name"},
                                            {"command", {"sh", "-c", "a\n\"b\"\x1b"}}}})}}}},
             {"hidden-processes", 0},
             {"hidepid", nullptr}});
}

TEST_CASE("JSON of bytes that are no UTF-8 is valid", "[listing]") {
  const json document = parsed(with({process({10, 1}, 9, {"caf\xe9", "\xff"})}));
  CHECK(document["namespaces"][1]["processes"][0]["command"] == json{"caf\xef\xbf\xbd", "\xef\xbf\xbd"});
}
