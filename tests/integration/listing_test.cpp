#include "pidns/list/listing.hpp"

#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "harness.hpp"
#include "pidns/util/text.hpp"

using namespace harness;
using nlohmann::json;

namespace {

std::string number(long value) {
  return std::to_string(value);
}

/// A script in a PID namespace of its own, where nothing but the script starts and ends anything, and in a
/// directory of its own. $pidns is the program; who writes to descriptor 3 can be read from there.
Result run_in_a_world(const std::string& script) {
  const TemporaryDirectory directory;
  return run_pidns({"sh", "-ec", "mkfifo fifo\nexec 3<>fifo\n" + script},
                   {.environment = {"pidns=" + pidns_binary()}, .directory = directory.path()});
}

json list(std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"--list", "--json"});
  const Result result = run_pidns(arguments);
  CHECK(result.err.empty());
  REQUIRE(result.status() == 0);
  return json::parse(result.out);
}

/// One namespace of a listing; null when it is not there.
json find(const json& listing, ino_t space) {
  for (const json& candidate : listing["namespaces"]) {
    if (candidate["namespace"] == space) {
      return candidate;
    }
  }
  return nullptr;
}

/// Waits until a command says that it is ready. @return the process that pidns runs as PID 1
pid_t wait_for_init(Running& running) {
  CHECK(running.read_line() == "ready");
  const auto children = children_of(running.pid());
  REQUIRE(children.size() == 1);
  return children.front();
}

const std::vector<std::string> ready_and_wait{"sh", "-c", "echo ready; read line"};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  while (!rest.empty()) {
    parts.emplace_back(::pidns::consume_until(rest, separator));
  }
  return parts;
}

/// Whatever happened while it was read, a listing does not contradict itself.
void check_consistent(const json& listing) {
  std::set<ino_t> spaces;
  std::set<pid_t> outside;
  for (const json& space : listing["namespaces"]) {
    CHECK(spaces.insert(space["namespace"].get<ino_t>()).second);
    if (!space.contains("processes")) {
      CHECK(space["yours"] == true);
      continue;
    }
    std::set<json> inside;
    CHECK(space["process-count"] == space["processes"].size());
    for (const json& process : space["processes"]) {
      CHECK(outside.insert(process["outside"].get<pid_t>()).second);
      CHECK(process["inside"].size() == space["processes"][0]["inside"].size());
      CHECK((process["inside"].empty() || inside.insert(process["inside"].back()).second));
      CHECK_FALSE(process["name"].get<std::string>().empty());
    }
  }
  for (const json& space : listing["namespaces"]) {
    CHECK((space["parent"].is_null() || spaces.contains(space["parent"].get<ino_t>())));
  }
}

}  // namespace

TEST_CASE("a namespace is listed with what proc says about its processes", "[listing]") {
  Running running(harness::pidns({"sh", "-c", "sleep 1000 & echo ready; read line"}));
  const pid_t init = wait_for_init(running);
  wait_until("sleep", [&] {
    return children_of(init).size() == 1 && status_field(children_of(init).front(), "Name") == "sleep" &&
           process_state(children_of(init).front()) == 'S';
  });
  wait_until("read", [&] { return process_state(init) == 'S'; });
  const pid_t sleep = children_of(init).front();
  const json space = find(list(), namespace_of(init, "pid"));
  REQUIRE(space.is_object());
  CHECK(space["parent"] == namespace_of(::getpid(), "pid"));
  CHECK(space["yours"] == false);
  CHECK(space["owner"] == "root");
  CHECK(space["owner-id"] == 0);
  CHECK(space["process-count"] == 2);
  CHECK(space["made-by"] == json{{"pid", running.pid()}, {"name", "pidns"}});
  CHECK(space["processes"] ==
        json::array({{{"outside", init},
                      {"inside", json::array({1})},
                      {"parent", running.pid()},
                      {"user", "root"},
                      {"user-id", 0},
                      {"state", "S"},
                      {"name", "sh"},
                      {"command", {"sh", "-c", "sleep 1000 & echo ready; read line"}}},
                     {{"outside", sleep},
                      {"inside", json::array({std::stoi(words(status_field(sleep, "NSpid"))[1])})},
                      {"parent", init},
                      {"user", "root"},
                      {"user-id", 0},
                      {"state", "S"},
                      {"name", "sleep"},
                      {"command", {"sleep", "1000"}}}}));
}

TEST_CASE("the text of a listing is the tree of the design", "[listing]") {
  const Result result = run_in_a_world(
      "$pidns sh -c 'sleep 1000 & echo $! >&3; wait' & read pid <&3\n"
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
      "$pidns sh -c 'sleep 1000 & exec $pidns sh -c \"sleep 1000 & sleep 1000 & exec \\$pidns sh -c "
      "\\\"echo ready >&3; exec sleep 1000\\\"\"' & read ready <&3\n"
      "$pidns sh -c 'echo ready >&3; exec sleep 1000' & read ready <&3\n"
      "lsns -t pid -n -o NS,NPROCS --raw >lsns; $pidns --list --json >list\n"
      "$pidns --list >text; sort lsns; echo =\n"
      "jq -r '.namespaces[] | \"\\(.namespace) \\(.\"process-count\")\"' list | sort; echo =\n"
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
  CHECK(listing["hidden-processes"] == 0);
  std::multiset<std::size_t> levels;
  for (const json& space : listing["namespaces"]) {
    const std::size_t depth = space.contains("processes") ? space["processes"][0]["inside"].size() : 0;
    levels.insert(depth);
    CHECK(space["parent"].is_null() == (depth == 0));
    if (depth > 0) {
      const json parent = find(listing, space["parent"].get<ino_t>());
      CHECK((parent.contains("processes") ? parent["processes"][0]["inside"].size() : 0) == depth - 1);
    }
  }
  CHECK(levels == std::multiset<std::size_t>{0, 1, 1, 2, 3});
}

TEST_CASE("two thousand processes are listed", "[listing]") {
  const Result result = run_in_a_world(
      "$pidns sh -c 'i=0; while [ $i -lt 2000 ]; do sleep 1000 & i=$((i+1)); done; echo ready >&3; wait' & "
      "read ready <&3\n"
      "lsns -t pid -n -o NS,NPROCS --raw >lsns; $pidns --list --json >list\n"
      "sort lsns; echo =\n"
      "jq -r '.namespaces[] | \"\\(.namespace) \\(.\"process-count\")\"' list | sort; echo =\n"
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

TEST_CASE("a listing is consistent while processes and namespaces come and go", "[listing]") {
  std::vector<std::unique_ptr<Running>> loops;
  // However slow it is to make a namespace: in that of the second one there are always processes that come
  // and go.
  for (const char* loop :
       {"while $pidns true; do :; done", "exec $pidns sh -c 'while :; do sh -c \"true & wait\"; done'",
        "while $pidns sh -c '$pidns true & true'; do :; done"}) {
    loops.push_back(std::make_unique<Running>(std::vector<std::string>{"sh", "-c", loop},
                                              Setup{.environment = {"pidns=" + pidns_binary()}}));
  }
  std::set<pid_t> seen;
  for (int i = 0; i < 100; ++i) {
    const json listing = list();
    check_consistent(listing);
    CHECK(find(listing, namespace_of(::getpid(), "pid"))["yours"] == true);
    for (const json& space : listing["namespaces"]) {
      for (const json& process : space.value("processes", json::array())) {
        seen.insert(process["outside"].get<pid_t>());
      }
    }
    const Result text = run_pidns({"--list"});
    CHECK(text.status() == 0);
    CHECK(text.err.empty());
  }
  CHECK(seen.size() > 20);  // it did see some of them
  for (const auto& loop : loops) {
    CHECK(process_state(loop->pid()) != 'Z');  // each has gone on all the time
  }
}

TEST_CASE("a command line is listed whatever it holds", "[listing]") {
  auto command = harness::pidns(ready_and_wait);
  const std::vector<std::string> arguments{"a\nb\t\x1b[31m\x7f", "caf\xc3\xa9 \xe3\x81\x82",
                                           "\xff\xc2\x9b\xc3", "", "end"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Running running(command);
  const pid_t init = wait_for_init(running);
  const json space = find(list(), namespace_of(init, "pid"));
  REQUIRE(space.is_object());
  CHECK(space["processes"][0]["command"] == json{"sh", "-c", "echo ready; read line", "a\nb\t\x1b[31m\x7f",
                                                 "caf\xc3\xa9 \xe3\x81\x82",
                                                 "\xef\xbf\xbd\xc2\x9b\xef\xbf\xbd", "", "end"});
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
             Catch::Contains("made by ma\\x0aker " + number(running.pid()) + "\n"));
  CHECK(find(list(), namespace_of(init, "pid"))["made-by"]["name"] == "ma\nker");
}

TEST_CASE("a megabyte of arguments is listed", "[listing]") {
  auto command = harness::pidns(ready_and_wait);
  for (char letter = 'a'; letter <= 'k'; ++letter) {
    command.emplace_back(100000, letter);
  }
  Running running(command);
  const pid_t init = wait_for_init(running);
  const json space = find(list(), namespace_of(init, "pid"));
  REQUIRE(space.is_object());
  CHECK(space["processes"][0]["command"].size() == 14);
  CHECK(space["processes"][0]["command"][13] == std::string(100000, 'k'));
  const Result text = run_pidns({"--list", number(init)});
  CHECK(text.out.size() > 1100000);
  CHECK(text.out.ends_with(std::string(100000, 'k') + "\n"));
}

TEST_CASE("lines are as wide as the terminal and no wider", "[listing]") {
  auto command = harness::pidns(ready_and_wait);
  for (int i = 0; i < 40; ++i) {
    command.emplace_back("\xe3\x81\x82\xc3\xa9x");
  }
  Running running(command);
  const pid_t init = wait_for_init(running);
  for (const int width : {80, 60, 7}) {
    Terminal terminal(
        harness::pidns({"--list", number(init)}), {.before_exec = [width] {
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

TEST_CASE("a namespace whose PID 1 is a zombie is listed", "[listing]") {
  const Running running({"unshare", "--pid", "sh", "-c", "true & exec sleep 1000"});
  wait_until("a zombie", [&] {
    const auto children = children_of(running.pid());
    return children.size() == 1 && process_state(children.front()) == 'Z' &&
           status_field(running.pid(), "Name") == "sleep";
  });
  const pid_t zombie = children_of(running.pid()).front();
  const json listing = list();
  const ino_t space = namespace_of(zombie, "pid");
  REQUIRE(find(listing, space).is_object());
  CHECK(find(listing, space)["process-count"] == 1);
  CHECK(find(listing, space)["processes"][0]["state"] == "Z");
  CHECK(find(listing, space)["processes"][0]["command"].empty());
  CHECK_THAT(run_pidns({"--list", number(zombie)}).out, Catch::EndsWith("       1  root  [sh] <defunct>\n"));
}

TEST_CASE("a listing is limited to the namespace of a process and those below", "[listing]") {
  Running running(harness::pidns({"sh", "-c", "exec " + pidns_binary() + " sh -c 'echo ready; read line'"}));
  const pid_t outer = wait_for_init(running);
  const pid_t inner = children_of(outer).front();
  Running beside(harness::pidns(ready_and_wait));
  wait_for_init(beside);
  const auto numbers = [](const json& listing) {
    std::set<ino_t> found;
    for (const json& space : listing["namespaces"]) {
      found.insert(space["namespace"].get<ino_t>());
    }
    return found;
  };
  const ino_t outer_space = namespace_of(outer, "pid");
  const ino_t inner_space = namespace_of(inner, "pid");
  CHECK(numbers(list({number(inner)})) == std::set<ino_t>{inner_space});
  CHECK(numbers(list({number(outer)})) == std::set<ino_t>{outer_space, inner_space});
  CHECK(list({number(outer)})["namespaces"][0]["parent"].is_null() !=
        list({number(outer)})["namespaces"][1]["parent"].is_null());
  CHECK(run_pidns({"--list=" + number(inner)}).out == run_pidns({"--list", number(inner)}).out);
}

TEST_CASE("the own namespace is in full for who asks for it", "[listing]") {
  const json whole = find(list(), namespace_of(::getpid(), "pid"));
  CHECK(whole["yours"] == true);
  CHECK(whole["process-count"] > 1);
  CHECK_FALSE(whole.contains("processes"));
  const json full = find(list({number(::getpid())}), namespace_of(::getpid(), "pid"));
  CHECK(full["yours"] == true);
  CHECK(full["process-count"] == full["processes"].size());
  const auto& processes = full["processes"];
  CHECK(std::any_of(processes.begin(), processes.end(),
                    [](const json& process) { return process["outside"] == ::getpid(); }));
}

TEST_CASE("with the proc of the host the namespaces above are listed too", "[listing]") {
  const std::string binary = pidns_binary();
  const std::string show = binary + " --list --json; readlink /proc/self/ns/pid";
  for (const int depth : {1, 2, 3}) {
    std::vector<std::string> command;
    for (int i = 0; i < depth; ++i) {
      command.insert(command.end(), {binary, "--fork"});
    }
    command.insert(command.end(), {"sh", "-c", show});
    const Result result = run(command);
    REQUIRE(result.status() == 0);
    const json listing = json::parse(result.out.substr(0, result.out.rfind("pid:[")));
    check_consistent(listing);
    const ino_t own = std::stoul(result.out.substr(result.out.rfind("pid:[") + 5));
    json space = find(listing, own);
    REQUIRE(space.is_object());
    CHECK(space["yours"] == true);
    CHECK(space["process-count"] == 2);
    for (int i = 0; i < depth; ++i) {
      REQUIRE(space["parent"].is_number());
      space = find(listing, space["parent"].get<ino_t>());
      REQUIRE(space.is_object());
    }
    CHECK(space["namespace"] == namespace_of(::getpid(), "pid"));
    CHECK(space["parent"].is_null());
    CHECK(space["processes"].size() > 2);
  }
}

TEST_CASE("where the caller is not in proc all of it is listed", "[listing][unsanitized]") {
  Running running(harness::pidns(ready_and_wait));
  const pid_t init = wait_for_init(running);
  const Result result = run({"nsenter", "--target", number(init), "--mount", pidns_binary(), "--list"});
  CHECK(result.err.empty());
  CHECK(result.status() == 0);
  CHECK(result.out == "pid:[" + number(static_cast<long>(namespace_of(::getpid(), "pid"))) +
                          "]  no process that can be seen\n`- pid:[" +
                          number(static_cast<long>(namespace_of(init, "pid"))) +
                          "]  root  1 process\n"
                          "      OUTSIDE  INSIDE  USER  COMMAND\n"
                          "            1       -  root  sh -c echo ready; read line\n");
}

TEST_CASE("users have the names of the passwd file and numbers without one", "[listing]") {
  auto command = harness::pidns({"setpriv", "--reuid=4294967294", "--clear-groups"});
  command.insert(command.end(), ready_and_wait.begin(), ready_and_wait.end());
  Running running(command);
  const pid_t init = wait_for_init(running);
  const std::vector<std::string> show{pidns_binary(), "--list", number(init)};
  CHECK_THAT(run(show).out,
             Catch::Contains("]  4294967294  1 process") && Catch::Contains("1  4294967294  sh"));
  const std::string script =
      "mount -t tmpfs tmpfs /mnt; echo 'root:x:0:0::/:/bin/sh\nsome\x1b:x:4294967294:0::/:/bin/sh' "
      ">/mnt/passwd\n"
      "mount --bind /mnt/passwd /etc/passwd";
  CHECK_THAT(run(after_mounting(script, show)).out,
             Catch::Contains("]  some\\x1b  1 process") && Catch::Contains("1  some\\x1b  sh"));
}

TEST_CASE("nobody is told how many processes could not be looked at", "[listing]") {
  const auto as_user = pidns_as_nobody({});
  const Result result = run_in_a_world(
      "$pidns sh -c 'sleep 1000 & sleep 1000 & echo ready >&3; exec sleep 1000' & read ready <&3\n"
      "setpriv --reuid=nobody --regid=nogroup --clear-groups " +
      as_user.back() +
      " sh -c 'echo ready >&3; exec sleep 1000' & read ready <&3\n"
      "setpriv --reuid=nobody --regid=nogroup --clear-groups " +
      as_user.back() + " --list --json\n");
  REQUIRE(result.status() == 0);
  const json listing = json::parse(result.out);
  CHECK(listing["hidden-processes"] == 3);
  CHECK(listing["hidepid"].is_null());
  REQUIRE(listing["namespaces"].size() == 2);
  for (const json& space : listing["namespaces"]) {
    if (space["yours"] == true) {
      CHECK(space["process-count"] == 4);  // the script, pidns twice, and the one that lists
    } else {
      CHECK(space["owner"] == "nobody");
      CHECK(space["process-count"] == 1);
    }
  }
}

TEST_CASE("nobody is told that proc hides processes", "[listing]") {
  const std::map<std::string, std::string> modes{{"1", "noaccess"}, {"2", "invisible"}};
  for (const auto& [mode, name] : modes) {
    const std::string script = "mount -t proc -o hidepid=" + mode + " proc /proc";
    const Result text = run(after_mounting(script, pidns_as_nobody({"--list"})));
    CHECK(text.status() == 0);
    CHECK(text.err.empty());
    CHECK_THAT(text.out,
               Catch::EndsWith("\nthere may be more: /proc is mounted with hidepid=" + name + "\n"));
    const Result data = run(after_mounting(script, pidns_as_nobody({"--list", "--json"})));
    REQUIRE(data.status() == 0);
    const json listing = json::parse(data.out);
    CHECK(listing["hidepid"] == name);
    CHECK((listing["hidden-processes"] > 0) == (mode == "1"));
    CHECK(listing["namespaces"].size() == 1);
    CHECK(listing["namespaces"][0]["process-count"] == 1);
  }
}

TEST_CASE("root is told nothing of a proc that hides nothing from root", "[listing]") {
  const Result result =
      run(after_mounting("mount -t proc -o hidepid=2 proc /proc", harness::pidns({"--list", "--json"})));
  REQUIRE(result.status() == 0);
  const json listing = json::parse(result.out);
  CHECK(listing["hidepid"].is_null());
  CHECK(find(listing, namespace_of(::getpid(), "pid"))["process-count"] > 2);
}

TEST_CASE("more namespaces than files may be open are listed", "[listing]") {
  const Result result = run_in_a_world(
      "for i in $(seq 40); do $pidns sh -c 'echo ready >&3; exec sleep 1000' & read ready <&3; done\n"
      "ulimit -Sn 20; $pidns --list | grep -c 'pid:\\['\n");
  CHECK(result.err.empty());
  CHECK(result.out == "41\n");
}

TEST_CASE("JSON and text have the same facts", "[listing]") {
  Running running(
      harness::pidns({"sh", "-c", "sleep 1000 & exec " + pidns_binary() + " sh -c 'echo ready; read line'"}));
  const pid_t init = wait_for_init(running);
  wait_until("sleep", [&] {
    const auto below = descendants_of(init);
    return std::any_of(below.begin(), below.end(),
                       [](pid_t pid) { return status_field(pid, "Name") == "sleep"; });
  });
  const json listing = list({number(init)});
  const std::string text = run_pidns({"--list", number(init)}).out;
  CHECK(listing["namespaces"].size() == 2);
  std::size_t rows = 0;
  for (const json& space : listing["namespaces"]) {
    const auto count = space["process-count"].get<std::size_t>();
    CHECK_THAT(text, Catch::Contains("pid:[" + space["namespace"].dump() + "]  root  " +
                                     std::to_string(count) + (count == 1 ? " process  " : " processes  ")));
    rows += 2;
    for (const json& process : space["processes"]) {
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
                     found[2] == process["user"] && line.ends_with(command);
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
  Running running(harness::pidns(ready_and_wait));
  const pid_t init = wait_for_init(running);
  const Result result =
      run({"sh", "-c",
           pidns_binary() + " --list --json | jq '.namespaces[] | select(.processes[]?.outside == " +
               number(init) + ") | .namespace'"});
  CHECK(result.out == number(static_cast<long>(namespace_of(init, "pid"))) + "\n");
}

TEST_CASE("a listing that cannot be made is an error", "[listing]") {
  const Result missing = run_pidns({"--list", "99999999"});
  CHECK(missing.err == "pidns: --list: no process has the PID 99999999\n");
  CHECK(missing.out.empty());
  CHECK(missing.status() == 125);
  Running running(harness::pidns(ready_and_wait));
  const pid_t init = wait_for_init(running);
  const Result forbidden = run(pidns_as_nobody({"--list", number(init)}));
  CHECK(forbidden.err == "pidns: --list: not permitted to look at the PID namespace of process " +
                             number(init) + "\npidns: hint: run it as root\n");
  CHECK(forbidden.status() == 125);
  const Result full = run({"sh", "-c", pidns_binary() + " --list >/dev/full"});
  CHECK(full.err == "pidns: cannot write to stdout: No space left on device\n");
  CHECK(full.status() == 125);
}
