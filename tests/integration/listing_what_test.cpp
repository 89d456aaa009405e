#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "harness.hpp"
#include "listing_tools.hpp"
#include "pidns/util/colour.hpp"
#include "pidns/util/text.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace listing_tools;

namespace {

std::string link_text(ino_t ns) {
  return "pid:[" + number(static_cast<long>(ns)) + "]";
}

/// What is kept in a directory, unmounted when the test is over.
class Kept {
 public:
  Kept() {
    REQUIRE(::mount("tmpfs", path().c_str(), "tmpfs", 0, nullptr) == 0);
    REQUIRE(::mount(nullptr, path().c_str(), nullptr, MS_PRIVATE, nullptr) == 0);
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() { ::umount2(path().c_str(), MNT_DETACH); }

  [[nodiscard]] const std::string& path() const { return directory_.path(); }
  [[nodiscard]] std::string file(const std::string& name) const {
    write_file(path() + "/" + name, "");
    return path() + "/" + name;
  }

 private:
  TemporaryDirectory directory_;
};

std::string shown(const std::vector<std::string>& arguments) {
  const Result result = run_pidns(arguments);
  CHECK(result.err.empty());
  CHECK(result.status() == 0);
  return result.out;
}

void collect_keys(const json& value, std::set<std::string>& keys) {
  for (const auto& [key, member] : value.items()) {
    if (value.is_object()) {
      keys.insert(key);
    }
    if (member.is_structured()) {
      collect_keys(member, keys);
    }
  }
}

}  // namespace

TEST_CASE("the manual page tells of each key of the JSON", "[listing]") {
  Running running(harness::pidns_as_pid_1(ready_and_wait));
  wait_for_init(running);
  std::set<std::string> keys;
  collect_keys(list(), keys);
  CHECK(keys.size() > 18);
  const std::string page = read_file(PIDNS_SOURCE_DIR "/man/pidns.1");
  for (const std::string& key : keys) {
    CAPTURE(key);
    CHECK(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
    const bool has_item =
        page.find(".It Li " + key) != std::string::npos || page.find(" , " + key + "\n") != std::string::npos;
    CHECK((has_item || page.find(".Li " + key + "\n") != std::string::npos ||
           page.find(".Li " + key + " ,\n") != std::string::npos));
  }
}

TEST_CASE("a namespace is listed by a process, by pidns, by its number and by its file", "[listing]") {
  const Kept kept;
  const std::string file = kept.file("a b");
  Running running(harness::pidns({"--mount-proc", "--pid=" + file, "sh", "-c", "echo ready; read line"}));
  const pid_t init = wait_for_init(running);
  const ino_t ns = namespace_of(init, "pid");
  const std::string by_process = shown({"--list", number(init)});
  CHECK_THAT(by_process,
             Catch::StartsWith(link_text(ns) + "  root  1 process  made by pidns " + number(running.pid())));
  CHECK_THAT(by_process, Catch::Contains("  kept in " + file + "\n"));
  for (const std::string& what :
       {number(running.pid()), link_text(ns), number(static_cast<long>(ns)), file}) {
    CAPTURE(what);
    CHECK(shown({"--list", what}) == by_process);
    CHECK(shown({"--list=" + what}) == by_process);
  }
  CHECK(shown({"--list", number(init), file, link_text(ns)}) == by_process);
  CHECK(find(list({file}), ns)["kept_in"] == json{file});
  running.write("\n");
  CHECK(running.finish().status() == 0);
  // Nothing is left in it, and the file keeps it all the same.
  const std::string empty = link_text(ns) + "  kept in " + file + ", no process\n";
  CHECK(shown({"--list", file}) == empty);
  CHECK_THAT(shown({"--list"}), Catch::Contains("- " + empty));
  const json listed = find(list(), ns);
  CHECK(listed["parent"] == namespace_of(::getpid(), "pid"));
  CHECK(listed["user_namespace"] == namespace_of(::getpid(), "user"));
  CHECK(listed["process_count"] == 0);
  CHECK(listed["processes"].empty());
}

TEST_CASE("several namespaces are listed at once", "[listing]") {
  Running one(harness::pidns_as_pid_1(ready_and_wait));
  Running two(harness::pidns_as_pid_1(ready_and_wait));
  Running three(harness::pidns_as_pid_1(ready_and_wait));
  wait_for_init(one);
  const pid_t second = wait_for_init(two);
  const pid_t third = wait_for_init(three);
  const json listing = list({number(two.pid()), link_text(namespace_of(third, "pid")), "--json"});
  REQUIRE(listing["namespaces"].size() == 2);
  CHECK(find(listing, namespace_of(second, "pid")).is_object());
  CHECK(find(listing, namespace_of(third, "pid")).is_object());
}

TEST_CASE("a user lists what pidns has made in the background", "[listing]") {
  Running running(pidns_as_nobody({"--mount-proc", "sh", "-c", "echo ready; read line"}));
  const pid_t init = wait_for_init(running);
  const Result result = run(pidns_as_nobody({"--list", number(running.pid()), "--json"}));
  REQUIRE(result.status() == 0);
  CHECK(find(json::parse(result.out), namespace_of(init, "pid"))["user_namespace"] ==
        namespace_of(init, "user"));
}

TEST_CASE("what is no namespace that can be listed is told", "[listing]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  write_file(file, "");
  REQUIRE(::mkfifo((directory.path() + "/fifo").c_str(), 0600) == 0);
  const auto failure = [](const std::string& what) {
    const Result result = run_pidns({"--list", what});
    CHECK(result.status() == 125);
    const Message message = message_of(result);
    return message.hint.empty() ? message.text : message.text + "|" + message.hint;
  };
  CHECK(failure("pid:[4294967295]") == "--list: no PID namespace that can be seen has the number 4294967295");
  CHECK(failure("4294967295") == "--list: no PID namespace that can be seen has the number 4294967295");
  CHECK(failure(file) == "--list: " + file + ": keeps no PID namespace");
  CHECK(failure("/proc/self/ns/net") == "--list: /proc/self/ns/net: keeps no PID namespace");
  CHECK(failure(directory.path() + "/fifo") ==
        "--list: " + directory.path() + "/fifo: keeps no PID namespace");
  CHECK(failure(directory.path() + "/none") ==
        "--list: " + directory.path() + "/none: No such file or directory");
  CHECK(failure("bash") ==
        "--list: bash is not a PID|pidns --list shows the namespaces and the PIDs in them");
  CHECK_THAT(shown({"--list", "/proc/self/ns/pid"}), Catch::Contains("  (yours)\n"));
}

TEST_CASE("a process that hidepid hides is told with what hides it", "[listing]") {
  Running running(harness::pidns_as_pid_1(ready_and_wait));
  const pid_t init = wait_for_init(running);
  for (const std::vector<std::string>& typed : {std::vector<std::string>{"--list", number(init)},
                                                std::vector<std::string>{"--join", number(init), "true"}}) {
    const Result result =
        run(after_mounting("mount -t proc -o hidepid=2 proc /proc", pidns_as_nobody(typed)));
    CHECK(result.status() == 125);
    CHECK_THAT(message_of(result).hint, Catch::StartsWith("/proc is mounted with hidepid=invisible") &&
                                            Catch::EndsWith(": run it as root"));
  }
}

TEST_CASE("the chain that led to a namespace ends below PID 1", "[listing]") {
  const Result result = run_in_a_world(
      "sh -c 'sh -c \"$pid1 sleep 1000 & echo \\$! \\$\\$ \\$PPID >&3; wait\"; true' & read maker inner "
      "outer <&3\n"
      "until pgrep -x sleep >/dev/null; do :; done\n"
      "echo made by pidns $maker '<' sh $inner '<' sh $outer; $pidns --list\n");
  const auto all = lines(result.out);
  REQUIRE(all.size() == 5);
  CHECK_THAT(all[2], Catch::EndsWith("  root  1 process  " + all[0]));
}

TEST_CASE("COLUMNS is the width where stdout is not a terminal", "[listing]") {
  auto command = harness::pidns_as_pid_1(ready_and_wait);
  command.insert(command.end(), {std::string(100, 'x'), "\xe3\x81\x82"});
  Running running(command);
  const pid_t init = wait_for_init(running);
  for (const std::size_t width : {20U, 57U, 80U}) {
    const Result result =
        run_pidns({"--list", number(init)}, {.environment = {"COLUMNS=" + std::to_string(width)}});
    const auto all = lines(result.out);
    REQUIRE(all.size() == 3);
    for (const std::string& line : {all[0], all[2]}) {
      CHECK(::pidns::columns_of(line) == width);
      CHECK(line.ends_with("\u2026"));
    }
  }
  for (const std::string value : {"0", "x", "", "-5"}) {
    CHECK_THAT(run_pidns({"--list", number(init)}, {.environment = {"COLUMNS=" + value}}).out,
               Catch::EndsWith(" \xe3\x81\x82\n"));
  }
}

TEST_CASE("a terminal is its own width whatever COLUMNS says", "[listing]") {
  auto command = harness::pidns_as_pid_1(ready_and_wait);
  command.emplace_back(100, 'x');
  Running running(command);
  const pid_t init = wait_for_init(running);
  Terminal terminal(harness::pidns({"--list", number(init), "--color=never"}),
                    {.environment = {"COLUMNS=20"}});
  CHECK(terminal.finish() == ExitStatus{});
  CHECK_THAT(terminal.shown(), Catch::Contains("x\u2026\r\n"));
  CHECK(::pidns::columns_of(split(terminal.shown(), '\r').front()) > 20);
}

TEST_CASE("a listing has colours on a terminal, and where they are asked for", "[listing]") {
  Running running(harness::pidns_as_pid_1(ready_and_wait));
  const pid_t init = wait_for_init(running);
  const std::string outside(::pidns::outside_colour);
  const std::string plain = shown({"--list", number(init), "--color=never"});
  CHECK_THAT(plain, !Catch::Contains("\x1b"));
  CHECK(shown({"--list", number(init)}) == plain);
  CHECK_THAT(shown({"--list", number(init), "--color=always"}), Catch::Contains(outside));
  const auto with = [&](const std::string& variable) {
    return run_pidns({"--list", number(init)}, {.environment = {variable}}).out;
  };
  CHECK_THAT(with("CLICOLOR_FORCE=1"), Catch::Contains(outside));
  Terminal terminal(harness::pidns({"--list", number(init)}), {.environment = {"TERM=xterm", "NO_COLOR="}});
  CHECK(terminal.finish() == ExitStatus{});
  CHECK_THAT(terminal.shown(), Catch::Contains(outside));
  Terminal forbidden(harness::pidns({"--list", number(init)}), {.environment = {"TERM=xterm", "NO_COLOR=1"}});
  CHECK(forbidden.finish() == ExitStatus{});
  CHECK_THAT(forbidden.shown(), !Catch::Contains("\x1b"));
}

TEST_CASE("what would mislead the reader of a listing is escaped", "[listing]") {
  auto command = harness::pidns_as_pid_1(ready_and_wait);
  command.insert(command.end(), {"a\u202eb", "c\u2066", "d\u200be", "f\u2028"});
  Running running(command);
  const pid_t init = wait_for_init(running);
  CHECK_THAT(
      shown({"--list", number(init)}),
      Catch::EndsWith("read line a\\xe2\\x80\\xaeb c\\xe2\\x81\\xa6 d\\xe2\\x80\\x8be f\\xe2\\x80\\xa8\n"));
}

TEST_CASE("Graphviz draws a listing", "[listing]") {
  if (run({"sh", "-c", "command -v dot"}).status() != 0) {
    WARN("SKIPPED: Graphviz is not installed");
    return;
  }
  auto command =
      harness::pidns({"--mount-proc", "sh", "-c",
                      "exec " + pidns_binary() + " --mount-proc sh -c 'echo ready; read line' '<&>\"\\' x"});
  Running running(command);
  const pid_t outer = wait_for_init(running);
  const pid_t inner = children_of(outer).front();
  const Result graph =
      run({"bash", "-c", "set -o pipefail; " + pidns_binary() + " --list --dot | dot -Tsvg"});
  CHECK(graph.err.empty());
  CHECK(graph.status() == 0);
  const auto title = [](const std::string& name) { return "<title>" + name + "</title>"; };
  const std::string from = "p" + number(running.pid());
  for (const std::string& drawn :
       {title("cluster_" + number(static_cast<long>(namespace_of(outer, "pid")))),
        title("cluster_" + number(static_cast<long>(namespace_of(inner, "pid")))),
        title("cluster_" + number(static_cast<long>(namespace_of(::getpid(), "pid")))),
        title(from + "&#45;&gt;p" + number(outer)), title("p" + number(outer) + "&#45;&gt;p" + number(inner)),
        std::string(">made</text>")}) {
    CAPTURE(drawn);
    CHECK_THAT(graph.out, Catch::Contains(drawn));
  }
  const auto numbers = words(status_field(inner, "NSpid"));
  REQUIRE(numbers.size() >= 3);
  for (const std::string& level : numbers) {
    CHECK_THAT(graph.out, Catch::Contains(">" + level + "</text>"));
  }
}
