#include <sys/syscall.h>

#include <cerrno>
#include <csignal>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

std::vector<std::string> numbers_of_steps(const std::string& narration) {
  std::vector<std::string> numbers;
  for (const std::string& line : lines(narration)) {
    if (line.starts_with('[')) {
      numbers.push_back(line.substr(0, line.find(' ')));
    }
  }
  return numbers;
}

}  // namespace

TEST_CASE("a command that is killed before it is executed is not narrated as executed", "[explain]") {
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--fork"}, {"--fork", "-T"}}) {
    CAPTURE(options);
    std::vector<std::string> command{
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=execve:signal=KILL"};
    std::vector<std::string> words = options;
    words.insert(words.begin(), "--explain");
    words.emplace_back("/bin/true");
    const auto pidns = harness::pidns(words);
    command.insert(command.end(), pidns.begin(), pidns.end());
    const std::string narration = run(command).err;
    INFO(narration);
    CHECK_THAT(narration, !Catch::Contains("execvp(") && Catch::Contains(" was killed by SIGKILL"));
    const auto numbers = numbers_of_steps(narration);
    REQUIRE(!numbers.empty());
    CHECK(numbers.back() == "[" + std::to_string(numbers.size()) + "]");
  }
}

TEST_CASE("a command that is not executed since its namespace cannot be pinned is not narrated as executed",
          "[explain]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/pinned";
  write_file(file, "");
  const Result result =
      run_pidns({"--explain", "--fork", "--pid=" + file, "echo", "ran"}, {.before_exec = [] {
                  refuse_calls({SYS_mount, SYS_open_tree}, EPERM);
                }});
  CHECK(result.status() == 125);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, !Catch::Contains("execvp(") && Catch::Contains("pidns cannot continue"));
}

TEST_CASE("with an init, orphans that are reaped and what is left are narrated", "[explain]") {
  // The orphan ends once it is one: the shell that has made it could still reap it before.
  const std::string script = R"(
orphan=$(sh -c 'sh -c "until grep -q PPid:.1$ /proc/\$\$/status; do :; done; exit 9" >&2 & echo $!')
while [ -e /proc/$orphan ]; do :; done
sleep 1000 &
until grep -qzx sleep /proc/$!/cmdline; do :; done
exit 3)";
  const Result result = run_pidns({"--explain", "sh", "-c", script});
  CHECK(result.status() == 3);
  CHECK_THAT(result.err,
             Catch::Contains("] PID 1: reaped PID 4, which exited with status 9\n") &&
                 Catch::Contains("    Its parent had ended before it, so the kernel had made it a "
                                 "child of PID 1.\n"));
  CHECK_THAT(result.err,
             Catch::Contains("] PID 1: 1 process was left: sleep 1000 (") &&
                 Catch::Contains("\n    When PID 1 exits, the kernel kills every process left.\n"));
  CHECK_THAT(result.err, Catch::EndsWith("COMMAND exited with status 3, and so do PID 1 and pidns\n"));
}

TEST_CASE("with an init, time for what is left is narrated", "[explain]") {
  const Result result = run_pidns({"--explain", "--grace=infinity", "sh", "-c", "sleep 1000 & exit 3"});
  CHECK(result.status() == 3);
  CHECK_THAT(
      result.err,
      Catch::Contains("\n    PID 1 sends SIGTERM to all of them, and waits for their end: --grace.\n"));
}
