#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;
using nlohmann::json;

namespace {

/// Runs pidns with --json-status-fd on a file of its own. @return the lines in it, each parsed
std::vector<json> status_lines(std::vector<std::string> arguments, Result* result = nullptr) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/status";
  write_file(path, "");
  arguments.insert(arguments.begin(), {"--json-status-fd", "9"});
  const Setup setup{.before_exec = [&] { ::dup2(::open(path.c_str(), O_WRONLY), 9); }};
  const Result got = run_pidns(arguments, setup);
  if (result != nullptr) {
    *result = got;
  }
  std::vector<json> parsed;
  for (const std::string& line : lines(read_file(path))) {
    parsed.push_back(json::parse(line));
  }
  return parsed;
}

}  // namespace

TEST_CASE("the status descriptor gets one JSON object at the start and one at the end", "[json]") {
  Result result;
  const std::string script = R"(
for n in cgroup ipc mnt net pid time user uts; do
  stat -Lc %i /proc/self/ns/$n
done
exit 3)";
  const auto status = status_lines({"sh", "-c", script}, &result);
  REQUIRE(status.size() == 2);
  const std::vector<std::string> names{"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  const std::vector<std::string> inside = lines(result.out);
  REQUIRE(inside.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(status[0][names[i] + "-namespace"] == std::stoul(inside[i]));
  }
  CHECK(status[0]["inside-pid"] == 2);
  CHECK(status[0].size() == names.size() + 2);
  CHECK(status[1] == json{{"exit-code", 3}, {"processes-left", 0}});
}

TEST_CASE("the child PID of the status descriptor is that of PID 1 on the host", "[json]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  Running running(
      harness::pidns({"--json-status-fd", std::to_string(ends[1]), "sh", "-c", "echo ready; read line"}));
  running.wait_for_output("ready\n");
  writer.reset();
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(reader.get(), buffer.data(), buffer.size());
  REQUIRE(size > 0);
  const json start = json::parse(std::string(buffer.data(), static_cast<std::size_t>(size)));
  CHECK(children_of(running.pid()) == std::vector<pid_t>{start["child-pid"]});
  CHECK(namespace_of(start["child-pid"], "pid") == start["pid-namespace"]);
  running.write("\n");
  running.finish();
}

TEST_CASE("a command killed by a signal has the exit code of a shell in the status", "[json]") {
  CHECK(status_lines({"sh", "-c", "kill -TERM $$"}).at(1) ==
        json{{"exit-code", 143}, {"signal", SIGTERM}, {"processes-left", 0}});
}

TEST_CASE("the status of a command that is PID 1 says so and does not count what is left", "[json]") {
  const auto status = status_lines({"--fork", "sh", "-c", "exit 3"});
  REQUIRE(status.size() == 2);
  CHECK(status[0]["inside-pid"] == 1);
  CHECK(status[1] == json{{"exit-code", 3}});
}

TEST_CASE("the processes that are left are counted in the status", "[json]") {
  const auto status = status_lines({"sh", "-c", "sleep 1000 & sleep 1000 & exit 5"});
  REQUIRE(status.size() == 2);
  CHECK(status[1] == json{{"exit-code", 5}, {"processes-left", 2}});
}

TEST_CASE("a command that does not start is an error in the status", "[json]") {
  CHECK(status_lines({"/no/such/command"}) ==
        std::vector<json>{
            {{"exit-code", 127}, {"error", "cannot execute '/no/such/command': No such file or directory"}}});
  CHECK(
      status_lines({"--mount-proc=/nowhere", "true"}) ==
      std::vector<json>{{{"exit-code", 125}, {"error", "--mount-proc=/nowhere: No such file or directory"}}});
}

TEST_CASE("the status has a blank after each colon and comma", "[json]") {
  const Result result = run_pidns({"--json-status-fd=1", "sh", "-c", "kill -KILL $$"});
  CHECK_THAT(result.out, Catch::Contains(R"(, "inside-pid": 2, )"));
  CHECK_THAT(result.out, Catch::EndsWith("\n{\"exit-code\": 137, \"signal\": 9, \"processes-left\": 0}\n"));
}

TEST_CASE("the command does not inherit the status descriptor", "[json]") {
  Result result;
  status_lines({"sh", "-c", "test -e /proc/self/fd/9; echo $?"}, &result);
  CHECK(result.out == "1\n");
}

TEST_CASE("the status may go to stdin or stdout or stderr", "[json]") {
  for (const std::string fd : {"0", "1", "2"}) {
    const Result result = run({"sh", "-c", R"(exec 3>&1; exec "$@" )" + fd + ">&3 3>&-", "sh", pidns_binary(),
                               "--json-status-fd", fd, "sh", "-c", "exit 4"});
    const std::vector<std::string> status = lines(result.out);
    REQUIRE(status.size() == 2);
    CHECK(json::parse(status[0]).contains("child-pid"));
    CHECK(json::parse(status[1]) == json{{"exit-code", 4}, {"processes-left", 0}});
    CHECK(result.status() == 4);
  }
}

TEST_CASE("a status descriptor that is not open is a usage error", "[json]") {
  for (const std::string fd : {"77", "-1", "x", "1x", "99999999999"}) {
    const Result result = run_pidns({"--json-status-fd=" + fd, "echo", "ran"});
    CHECK(result.status() == 125);
    CHECK(result.out.empty());
    CHECK(result.err == "pidns: --json-status-fd: " + fd + " is not an open file descriptor\n");
  }
  const Result octal =  // some programs read it as 9
      run({"sh", "-c", R"(exec 9>/dev/null; exec "$0" --json-status-fd=011 true)", harness::pidns_binary()});
  CHECK(octal.err == "pidns: --json-status-fd: 11 is not an open file descriptor\n");
}
