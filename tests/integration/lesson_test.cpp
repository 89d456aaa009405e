#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "harness.hpp"
#include "page.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

/// What `ps -Al` shows of a process.
struct Row {
  pid_t pid;
  pid_t parent;
  std::string name;

  bool operator==(const Row&) const = default;
};

std::vector<Row> rows_of(const std::vector<std::string>& table) {
  REQUIRE_FALSE(table.empty());
  REQUIRE_THAT(table.front(), Catch::StartsWith("F S"));
  std::vector<Row> rows;
  for (auto line = table.begin() + 1; line != table.end(); ++line) {
    const std::vector<std::string> columns = words(*line);
    rows.push_back({std::stoi(columns.at(3)), std::stoi(columns.at(4)), columns.back()});
  }
  return rows;
}

bool lists(const std::vector<std::string>& table, pid_t pid) {
  const auto rows = rows_of(table);
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return row.pid == pid; });
}

using Namespaces = std::map<std::string, std::string>;

Namespaces namespaces_of(const std::string& process) {
  Namespaces found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + process + "/ns")) {
    found[entry.path().filename()] = std::filesystem::read_symlink(entry.path());
  }
  return found;
}

/// Reads what `show_namespaces` prints.
Namespaces parse_namespaces(const std::vector<std::string>& listing) {
  Namespaces found;
  for (const std::string& line : listing) {
    const std::size_t space = line.find(' ');
    found[line.substr(0, space)] = line.substr(space + 1);
  }
  return found;
}

/// A function of the shell: the namespaces of a process as /proc has them in there.
constexpr std::string_view show_namespaces = R"sh(
show() {
  cd "$1/ns" && for name in *; do echo "$name $(readlink "$name")"; done
  cd /
}
)sh";

std::set<std::string> differences(const Namespaces& one, const Namespaces& other) {
  std::set<std::string> names;
  for (const auto& [name, link] : one) {
    if (!other.contains(name) || other.at(name) != link) {
      names.insert(name);
    }
  }
  return names;
}

/// The lesson types this into bash. Everything between two marks belongs together.
std::string lesson_script(const std::string& proc) {
  return "proc=" + proc + std::string(show_namespaces) + R"(
echo $$
echo mark
show $proc/$$
echo mark
show $proc/self
echo mark
ps -Al
)";
}

struct Lesson {
  std::string pid;
  Namespaces of_pid_1;
  Namespaces of_self;
  std::vector<std::string> ps;  ///< empty: it ended with page::error_of_ps
};

Lesson take_lesson(const std::vector<std::string>& command, const std::string& proc = "/proc") {
  const Result result = run(command, {.input = lesson_script(proc)});
  const bool ps_ran = result.err != std::string(page::error_of_ps) + '\n';
  REQUIRE(ps_ran == result.err.empty());
  REQUIRE(ps_ran == (result.status() == 0));
  std::vector<std::vector<std::string>> parts(1);
  for (const std::string& line : lines(result.out)) {
    if (line == "mark") {
      parts.emplace_back();
    } else {
      parts.back().push_back(line);
    }
  }
  REQUIRE(parts.size() == 4);
  REQUIRE(parts[0].size() == 1);
  return {parts[0][0], parse_namespaces(parts[1]), parse_namespaces(parts[2]), parts[3]};
}

}  // namespace

TEST_CASE("lesson 1: a new PID with the parent's proc", "[lesson]") {
  const Lesson lesson = take_lesson(harness::pidns({"--fork", "bash"}));
  CHECK(lesson.pid == "1");
  CHECK(differences(namespaces_of("self"), lesson.of_self) ==
        std::set<std::string>{"pid", "pid_for_children"});
  if (!lesson.ps.empty()) {
    CHECK(lists(lesson.ps, 1));
    CHECK(lists(lesson.ps, ::getpid()));
  }
}

TEST_CASE("lesson 1: PID 1 of proc is that of the host", "[lesson]") {
  // On a host of the test's own: in a container, not even root may look at the real PID 1.
  const std::string show(show_namespaces);
  const Result result =
      run({"unshare", "--pid", "--fork", "--mount-proc", "sh", "-ec",
           show + R"(show /proc/1; echo mark; cat /proc/1/comm; "$@"; true)", "sh", pidns_binary(), "--fork",
           "bash", "-c", "cat /proc/$$/comm; echo mark; echo $$; " + show + "show /proc/$$"});
  const std::size_t end = result.out.find("mark\n");
  REQUIRE(end != std::string::npos);
  const std::string of_host = result.out.substr(0, end);
  CHECK(result.out == of_host + "mark\nsh\nsh\nmark\n1\n" + of_host);
  const Namespaces found = parse_namespaces(lines(of_host));
  for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "user", "uts"}) {
    CHECK(found.contains(name));
  }
}

TEST_CASE("lesson 2: a new PID with a proc of its own", "[lesson]") {
  const auto host = namespaces_of("self");
  const auto steps = GENERATE(std::vector<std::string>{"--fork", "--mount-proc", "bash"},
                              std::vector<std::string>{"-fp", "--mount-proc", "/bin/bash"},
                              std::vector<std::string>{"--mount-proc", "bash"});
  CAPTURE(steps);
  const Lesson lesson = take_lesson(harness::pidns(steps));
  CHECK(lesson.pid == "1");
  CHECK(lesson.of_pid_1 == lesson.of_self);
  CHECK(differences(host, lesson.of_pid_1) == std::set<std::string>{"mnt", "pid", "pid_for_children"});
  CHECK(lesson.of_pid_1.at("pid") == lesson.of_pid_1.at("pid_for_children"));
  CHECK(lesson.of_pid_1.size() == host.size());

  const auto rows = rows_of(lesson.ps);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == Row{.pid = 1, .parent = 0, .name = "bash"});
  CHECK(rows[1].parent == 1);
  CHECK(rows[1].name == "ps");
}

TEST_CASE("lesson 2 with another mount point", "[lesson]") {
  const TemporaryDirectory directory;
  const auto host = namespaces_of("self");
  const Lesson lesson =
      take_lesson(harness::pidns({"--fork", "--mount-proc=" + directory.path(), "bash"}), directory.path());
  CHECK(lesson.pid == "1");
  CHECK(lesson.of_pid_1 == lesson.of_self);
  CHECK(differences(host, lesson.of_pid_1) == std::set<std::string>{"mnt", "pid", "pid_for_children"});
  // ps reads /proc, and that is still the host's.
  CHECK((lesson.ps.empty() || lists(lesson.ps, ::getpid())));
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("the host is untouched while pidns runs and after it", "[lesson]") {
  const TemporaryDirectory directory;
  const bool elsewhere = GENERATE(false, true);
  const std::string option = elsewhere ? "--mount-proc=" + directory.path() : "--mount-proc";
  CAPTURE(option);
  const auto namespaces_before = namespaces_of("self");
  Running host(
      on_a_shared_host("", harness::pidns({"--fork", option, "sh", "-c", "echo inside; read line"})));
  const std::string table = read_host_table(host);
  host.wait_for_output("inside\n");
  CHECK(read_file("/proc/" + std::to_string(host.pid()) + "/mountinfo") == table);
  CHECK(namespaces_of("self") == namespaces_before);
  CHECK(host.finish().out == table + "host\ninside\n" + table);
  CHECK(namespaces_of("self") == namespaces_before);
}

TEST_CASE("lesson 3: the host sees what runs inside under another PID", "[lesson]") {
  Running running(harness::pidns({"--fork", "--mount-proc", "bash"}));
  running.write("sleep 1000 & echo $!\n");
  const std::string inside = running.read_line();

  const auto bash = children_of(running.pid());
  REQUIRE(bash.size() == 1);
  CHECK(status_field(bash.front(), "Name") == "bash");
  CHECK(status_field(bash.front(), "NSpid") == std::to_string(bash.front()) + "\t1");

  const auto sleep = children_of(bash.front());
  REQUIRE(sleep.size() == 1);
  wait_until("sleep to be executed", [&] { return status_field(sleep.front(), "Name") == "sleep"; });
  CHECK(std::to_string(sleep.front()) != inside);
  CHECK(status_field(sleep.front(), "NSpid") == std::to_string(sleep.front()) + "\t" + inside);

  running.write("exit 5\n");
  CHECK(running.finish().status() == 5);
  CHECK(process_state(sleep.front()) == '\0');
}

TEST_CASE("the same PID exists on both sides", "[lesson]") {
  const Result result = run_pidns({"--fork", "--mount-proc", "sh", "-c", "cat /proc/1/comm; true"});
  CHECK(result.out == "sh\n");
  CHECK(read_file("/proc/1/comm") != "sh\n");
}

TEST_CASE("the trap of not forking is told before it snaps", "[lesson]") {
  const Result result = run_pidns({"--no-fork", "sh", "-c", "/bin/true; /bin/true"});
  const auto said = lines(result.err);
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[0], Catch::StartsWith("pidns: --no-fork: ") && Catch::Contains("fork fails"));
  CHECK_THAT(said[1], Catch::Contains("Cannot fork"));
  CHECK(result.status() == 2);
  CHECK_THAT(run({"unshare", "--pid", "sh", "-c", "/bin/true; /bin/true"}).err,
             Catch::Contains("Cannot fork"));
}

TEST_CASE("without a fork the first child of the command is PID 1", "[lesson]") {
  const Result result = run_pidns({"--no-fork", "bash", "-c", "sh -c 'echo $$'; true"});
  CHECK(result.out == "1\n");
}

TEST_CASE("the lesson on a terminal", "[lesson]") {
  const TemporaryDirectory home;
  Terminal terminal(harness::pidns({"--fork", "--mount-proc", "/bin/bash"}),
                    {.environment = {"HOME=" + home.path(), "TERM=dumb"}});
  terminal.type("stty -echo; PS1=; echo pid=$$\r");
  terminal.wait_for("pid=1\r\n");
  terminal.type("ps -Al; echo end=\r");
  const std::string table = terminal.wait_for("end=\r\n");
  CHECK_THAT(table, Catch::Contains(" bash\r\n") && Catch::Contains(" ps\r\n"));
  CHECK(std::count(table.begin(), table.end(), '\n') == 4);  // header, bash, ps, end
  terminal.type("sleep 100 &\r");
  terminal.wait_for("[1] ");
  terminal.type("jobs\r");
  CHECK_THAT(terminal.wait_for("sleep 100 &\r\n"), Catch::Contains("Running"));
  terminal.type("kill %1; wait; echo waited=$?\r");
  terminal.wait_for("waited=");
  terminal.type("exit 6\r");
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 6});
  CHECK_THAT(terminal.shown(), !Catch::Contains("cannot set terminal process group"));
  CHECK_THAT(terminal.shown(), !Catch::Contains("no job control"));
}
