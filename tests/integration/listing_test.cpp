#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>
#include <set>

#include "harness.hpp"
#include "listing_tools.hpp"
#include "pidns/util/text.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace listing_tools;

namespace {

/// Whether a process has executed sleep and sleeps.
bool is_sleep(pid_t pid) {
  return status_field(pid, "Name") == "sleep" && process_state(pid) == 'S';
}

}  // namespace

TEST_CASE("a namespace is listed with what proc says about its processes", "[listing]") {
  Running running(harness::pidns({"--mount-proc", "sh", "-c", "sleep 1000 & echo ready; read line"}));
  const pid_t init = wait_for_init(running);
  wait_until("sleep", [&] {
    const auto children = children_of(init);
    return children.size() == 1 && is_sleep(children.front());
  });
  wait_until("read", [&] { return process_state(init) == 'S'; });
  const pid_t sleep = children_of(init).front();
  const json ns = find(list(), namespace_of(init, "pid"));
  REQUIRE(ns.is_object());
  CHECK(ns["parent"] == namespace_of(::getpid(), "pid"));
  CHECK(ns["yours"] == false);
  CHECK(ns["owner"] == "root");
  CHECK(ns["owner_id"] == 0);
  CHECK(ns["process_count"] == 2);
  CHECK(ns["user_namespace"] == namespace_of(init, "user"));
  CHECK(ns["kept_in"] == json::array());
  CHECK(ns["made_by"]["pid"] == running.pid());
  CHECK(ns["made_by"]["name"] == "pidns");
  CHECK(ns["made_by"]["ancestors"] == ancestors_of(running.pid()));
  CHECK(ns["processes"] ==
        json::array({{{"outside", init},
                      {"inside", json::array({1})},
                      {"parent", running.pid()},
                      {"user", "root"},
                      {"user_id", 0},
                      {"state", "S"},
                      {"name", "sh"},
                      {"command", {"sh", "-c", "sleep 1000 & echo ready; read line"}}},
                     {{"outside", sleep},
                      {"inside", json::array({std::stoi(words(status_field(sleep, "NSpid"))[1])})},
                      {"parent", init},
                      {"user", "root"},
                      {"user_id", 0},
                      {"state", "S"},
                      {"name", "sleep"},
                      {"command", {"sleep", "1000"}}}}));
}

TEST_CASE("the text of a listing is a tree", "[listing]") {
  const Result result = run_in_a_world(
      "$pid1 sh -c 'sleep 1000 & echo $! >&3; wait' & read pid <&3\n"
      "until [ \"$(cat /proc/$(pgrep -x sleep)/cmdline | tr '\\0' ' ')\" = 'sleep 1000 ' ]; do :; done\n"
      "readlink /proc/self/ns/pid /proc/$(pgrep -x sleep)/ns/pid\n"
      "pgrep -x pidns; pgrep -x sleep; echo $pid; $pidns --list\n");
  const auto shown = lines(result.out);
  REQUIRE(shown.size() == 10);
  const std::string& maker = shown[2];
  const std::string& sleep = shown[3];
  CHECK(shown[5] == shown[0] + "  3 processes  (yours)");
  CHECK(shown[6] == "`- " + shown[1] + "  root  2 processes  made by pidns " + maker);
  CHECK(shown[7] == "      OUTSIDE  INSIDE  USER  COMMAND");
  CHECK_THAT(shown[8], Catch::Matches(" +[0-9]+       1  root  sh -c sleep 1000 & echo \\$! >&3; wait"));
  CHECK(shown[9] ==
        std::string(13 - sleep.size(), ' ') + sleep + "       " + shown[4] + "  root  `- sleep 1000");
}

TEST_CASE("a listing has the namespaces and counts of lsns over three levels of nesting", "[listing]") {
  const Result result = run_in_a_world(
      "$pid1 sh -c 'sleep 1000 & exec $pid1 sh -c \"sleep 1000 & sleep 1000 & exec \\$pid1 sh -c "
      "\\\"echo ready >&3; exec sleep 1000\\\"\"' & read ready <&3\n"
      "$pid1 sh -c 'echo ready >&3; exec sleep 1000' & read ready <&3\n"
      "lsns -t pid -n -o NS,NPROCS --raw >lsns; $pidns --list --json >list\n"
      "$pidns --list >text; sort lsns; echo =\n"
      "jq -r '.namespaces[] | \"\\(.namespace) \\(.\"process_count\")\"' list | sort; echo =\n"
      "sed -n 's/^[ |`-]*pid:\\[\\([0-9]*\\)\\]  \\(root  \\)\\?\\([0-9]*\\) process.*/\\1 \\3/p' "
      "text | sort\n"
      "echo =; cat list\n");
  REQUIRE(result.status() == 0);
  const auto parts = split(result.out, '=');
  REQUIRE(parts.size() >= 4);
  CHECK(lines(parts[0]).size() == 5);
  CHECK(parts[1] == "\n" + parts[0]);
  CHECK(parts[2] == "\n" + parts[0]);
  const json listing = json::parse(result.out.substr(result.out.find('{')));
  check_consistent(listing);
  CHECK(listing["hidden_processes"] == 0);
  std::multiset<std::size_t> levels;
  for (const json& ns : listing["namespaces"]) {
    const std::size_t depth = ns.contains("processes") ? ns["processes"][0]["inside"].size() : 0;
    levels.insert(depth);
    CHECK(ns["parent"].is_null() == (depth == 0));
    if (depth > 0) {
      const json parent = find(listing, ns["parent"].get<ino_t>());
      CHECK((parent.contains("processes") ? parent["processes"][0]["inside"].size() : 0) == depth - 1);
    }
  }
  CHECK(levels == std::multiset<std::size_t>{0, 1, 1, 2, 3});
}

TEST_CASE("two thousand processes are listed", "[listing]") {
  const Result result = run_in_a_world(
      "$pid1 sh -c 'i=0; while [ $i -lt 2000 ]; do sleep 1000 & i=$((i+1)); done; echo ready >&3; wait' & "
      "read ready <&3\n"
      "lsns -t pid -n -o NS,NPROCS --raw >lsns; $pidns --list --json >list\n"
      "sort lsns; echo =\n"
      "jq -r '.namespaces[] | \"\\(.namespace) \\(.\"process_count\")\"' list | sort; echo =\n"
      "jq '[.namespaces[].processes | select(.) | .[].outside] | sort | .[]' list >listed\n"
      "grep -lE '^NSpid:\\s[0-9]+\\s[0-9]+$' /proc/[0-9]*/status | tr -dc '0-9\\n' | sort -n >seen\n"
      "cmp seen listed && wc -l <listed\n");
  REQUIRE(result.status() == 0);
  const auto parts = split(result.out, '=');
  REQUIRE(parts.size() == 3);
  CHECK(parts[1] == "\n" + parts[0]);
  CHECK(lines(parts[0]).size() == 2);
  CHECK(parts[2] == "\n2001\n");
}

TEST_CASE("two threads read many processes, and one where no other can be started", "[listing]") {
  Running many(
      harness::pidns({"--mount-proc", "sh", "-c",
                      "i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; echo ready; wait"}));
  const pid_t init = wait_for_init(many);
  for (const pid_t sleep : children_of(init)) {
    wait_until("sleep", [&] { return is_sleep(sleep); });
  }
  wait_until("wait", [&] { return process_state(init) == 'S'; });
  const TemporaryDirectory directory;
  const std::string trace = directory.path() + "/trace";
  const std::vector<std::string> listing{pidns_binary(), "--list", "--json", number(init)};
  std::vector<std::string> traced{"strace", "-f", "-qq", "-o", trace, "-e", "trace=clone,clone3"};
  traced.insert(traced.end(), listing.begin(), listing.end());
  const Result by_two = run(traced);
  CHECK_THAT(read_file(trace), Catch::Contains("CLONE_THREAD"));
  const Result by_one = run(listing, {.before_exec = [] { refuse_calls({SYS_clone, SYS_clone3}, EAGAIN); }});
  CHECK(by_one.err.empty());
  REQUIRE(by_one.status() == 0);
  CHECK(by_one.out == by_two.out);
  CHECK(find(json::parse(by_one.out), namespace_of(init, "pid"))["process_count"] == 201);
}

TEST_CASE("a listing is consistent while processes and namespaces come and go", "[listing]") {
  std::vector<std::unique_ptr<Running>> loops;
  // More than 100 processes, so that two threads read them. A listing shows a process only if it still lives
  // when its files are read. How long that takes depends on the machine: so some end at once, others after up
  // to a second.
  for (const char* loop :
       {"exec $pid1 sh -c 'for i in $(seq 100); do sleep 1000 & done; "
        "for time in 0 0.001 0.01 0.1 1; do while :; do sleep $time; done & done; "
        "echo ready; wait'",
        "while $pidns true; do :; done", "while $pid1 sh -c '$pidns true & true'; do :; done"}) {
    loops.push_back(std::make_unique<Running>(
        std::vector<std::string>{"sh", "-uc", loop},
        Setup{.environment = script_variables(), .before_exec = harness::end_with_the_test}));
  }
  const ino_t busy = namespace_of(wait_for_init(*loops.front()), "pid");
  std::set<pid_t> before;
  int ended = 0;
  for (int i = 0; i < 100 || ended < 20; ++i) {
    const json listing = list();
    check_consistent(listing);
    CHECK(find(listing, namespace_of(::getpid(), "pid"))["yours"] == true);
    const json changing = find(listing, busy);
    REQUIRE(changing.is_object());
    std::set<pid_t> now;
    for (const json& process : changing["processes"]) {
      now.insert(process["outside"].get<pid_t>());
    }
    ended += static_cast<int>(
        std::count_if(before.begin(), before.end(), [&](pid_t pid) { return !now.contains(pid); }));
    before = std::move(now);
    const Result text = run_pidns({"--list"});
    CHECK(text.status() == 0);
    CHECK(text.err.empty());
    for (const auto& loop : loops) {
      REQUIRE_FALSE(has_ended(loop->pid()));
    }
  }
}

TEST_CASE("a command line is listed whatever it holds", "[listing]") {
  auto command = harness::pidns_as_pid_1(ready_and_wait);
  const std::vector<std::string> arguments{"a\nb\t\x1b[31m\x7f", "caf\xc3\xa9 \xe3\x81\x82",
                                           "\xff\xc2\x9b\xc3", "", "end"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Running running(command);
  const pid_t init = wait_for_init(running);
  const json ns = find(list(), namespace_of(init, "pid"));
  REQUIRE(ns.is_object());
  CHECK(ns["processes"][0]["command"] == json{"sh", "-c", "echo ready; read line", "a\nb\t\x1b[31m\x7f",
                                              "caf\xc3\xa9 \xe3\x81\x82", "\xef\xbf\xbd\xc2\x9b\xef\xbf\xbd",
                                              "", "end"});
  const Result text = run_pidns({"--list", number(init)});
  CHECK_THAT(text.out, Catch::EndsWith("  root  sh -c echo ready; read line a\\x0ab\\x09\\x1b[31m\\x7f "
                                       "caf\xc3\xa9 \xe3\x81\x82 \\xff\\xc2\\x9b\\xc3  end\n"));
}

TEST_CASE("names with line ends are escaped", "[listing]") {
  const TemporaryDirectory directory;
  const std::string maker = directory.path() + "/ma\nker";
  REQUIRE(::symlink(pidns_binary().c_str(), maker.c_str()) == 0);
  std::vector<std::string> command{maker};
  command.insert(command.end(), ready_and_wait.begin(), ready_and_wait.end());
  Running running(command);
  const pid_t init = wait_for_init(running);
  CHECK_THAT(run_pidns({"--list", number(init)}).out,
             Catch::Contains("made by ma\\x0aker " + number(running.pid())));
  CHECK(find(list(), namespace_of(init, "pid"))["made_by"]["name"] == "ma\nker");
}

TEST_CASE("a megabyte of arguments is listed", "[listing]") {
  auto command = harness::pidns_as_pid_1(ready_and_wait);
  for (char letter = 'a'; letter <= 'k'; ++letter) {
    command.emplace_back(100000, letter);
  }
  Running running(command);
  const pid_t init = wait_for_init(running);
  const json ns = find(list(), namespace_of(init, "pid"));
  REQUIRE(ns.is_object());
  CHECK(ns["processes"][0]["command"].size() == 14);
  CHECK(ns["processes"][0]["command"][13] == std::string(100000, 'k'));
  const Result text = run_pidns({"--list", number(init)});
  CHECK(text.out.size() > 1100000);
  CHECK(text.out.ends_with(std::string(100000, 'k') + "\n"));
}

TEST_CASE("lines are as wide as the terminal and no wider", "[listing]") {
  auto command = harness::pidns_as_pid_1(ready_and_wait);
  for (int i = 0; i < 40; ++i) {
    command.emplace_back("\xe3\x81\x82\xc3\xa9x");
  }
  Running running(command);
  const pid_t init = wait_for_init(running);
  for (const int width : {80, 60, 7}) {
    Terminal terminal(
        harness::pidns({"--list", number(init), "--color=never"}), {.before_exec = [width] {
          const winsize size{
              .ws_row = 24, .ws_col = static_cast<unsigned short>(width), .ws_xpixel = 0, .ws_ypixel = 0};
          ::ioctl(STDIN_FILENO, TIOCSWINSZ, &size);
        }});
    CHECK(terminal.finish() == ExitStatus{});
    const auto shown = split(terminal.shown(), '\n');
    REQUIRE(shown.size() == 3);
    for (std::string line : shown) {
      REQUIRE(line.ends_with('\r'));
      line.pop_back();
      CHECK(::pidns::on_one_line(line) == line);
      CHECK(::pidns::fit(line, static_cast<std::size_t>(width)) == line);
    }
    const std::string& last = shown.back();
    CHECK((width < 10 || ::pidns::fit(last, static_cast<std::size_t>(width) - 2).size() <
                             last.size() - 1));  // it is used up to its end
  }
}

TEST_CASE("JSON and text have the same facts", "[listing]") {
  Running running(harness::pidns(
      {"--mount-proc", "sh", "-c",
       "sleep 1000 & exec " + pidns_binary() + " --mount-proc sh -c 'echo ready; read line'"}));
  const pid_t init = wait_for_init(running);
  wait_until("sleep", [&] {
    const auto below = descendants_of(init);
    return std::any_of(below.begin(), below.end(), is_sleep);
  });
  const json listing = list({number(init)});
  const std::string text = run_pidns({"--list", number(init)}).out;
  CHECK(listing["namespaces"].size() == 2);
  std::size_t rows = 0;
  for (const json& ns : listing["namespaces"]) {
    const auto count = ns["process_count"].get<std::size_t>();
    CHECK_THAT(text, Catch::Contains("pid:[" + ns["namespace"].dump() + "]  root  " + std::to_string(count) +
                                     (count == 1 ? " process  " : " processes  ")));
    rows += 2;
    for (const json& process : ns["processes"]) {
      ++rows;
      std::string inside;
      for (const json& level : process["inside"]) {
        inside += (inside.empty() ? "" : "/") + level.dump();
      }
      const auto all = lines(text);
      CHECK(std::count_if(all.begin(), all.end(), [&](const std::string& line) {
              const std::string command = process["command"].back().get<std::string>();
              const auto found = words(line.substr(line.find_first_of("0123456789pO")));
              return found.size() > 3 && found[0] == process["outside"].dump() && found[1] == inside &&
                     found[2] == process["user"].get<std::string>() && line.ends_with(command);
            }) == 1);
    }
  }
  CHECK(lines(text).size() == rows);
}

TEST_CASE("jq reads the JSON", "[listing]") {
  if (run({"sh", "-c", "command -v jq"}).status() != 0) {
    WARN("SKIPPED: jq is not installed");
    return;
  }
  Running running(harness::pidns_as_pid_1(ready_and_wait));
  const pid_t init = wait_for_init(running);
  const Result result =
      run({"sh", "-c",
           pidns_binary() + " --list --json | jq '.namespaces[] | select(.processes[]?.outside == " +
               number(init) + ") | .namespace'"});
  CHECK(result.out == number(static_cast<long>(namespace_of(init, "pid"))) + "\n");
}
