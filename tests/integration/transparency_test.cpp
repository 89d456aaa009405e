#include <algorithm>
#include <csignal>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

TEST_CASE("who reads from the command sees its stdout close while it runs on", "[transparency]") {
  for (const std::string init : {"--fork", "--init"}) {
    const TemporaryDirectory directory;
    const std::string script = R"(
mkfifo fifo
"$0" $1 sh -c 'echo out; exec >&-; read line <fifo; exit 7' | { cat; echo end; : >fifo; }
echo ${PIPESTATUS[0]})";
    const Result result = run({"bash", "-c", script, pidns_binary(), init}, {.directory = directory.path()});
    CHECK(result.out == "out\nend\n7\n");
  }
}

TEST_CASE("who writes to the command gets SIGPIPE when it closes stdin and runs on", "[transparency]") {
  for (const std::string init : {"--fork", "--init"}) {
    const TemporaryDirectory directory;
    const std::string script = R"(
mkfifo fifo
{ yes; echo $? >fifo; } | "$0" $1 sh -c 'exec <&-; read status <fifo; echo $status')";
    const Result result = run({"bash", "-c", script, pidns_binary(), init}, {.directory = directory.path()});
    CHECK(result.out == "141\n");
  }
}

TEST_CASE("a pidns in the proc of a parent namespace knows what its PID 1 does with signals",
          "[transparency]") {
  // In the outer one /proc is the host's, where the number of the inner PID 1 is that of another process.
  for (const std::string command :
       {"exec sleep 1000", "trap 'exit 7' TERM; echo ready; while :; do read x; done"}) {
    const bool has_handler = command.starts_with("trap");
    Running running(harness::pidns({"--fork", "sh", "-c",
                                    R"("$1" --fork sh -c "$2" & echo started; wait $!; echo status $?)", "sh",
                                    pidns_binary(), command}));
    running.wait_for_output(has_handler ? "ready\n" : "started\n");
    // The shell, the inner pidns and its PID 1, which has become the command.
    const auto chain = [&] { return descendants_of(running.pid()); };
    const std::string name = has_handler ? "sh\n" : "sleep\n";
    wait_until("the inner command", [&] {
      const std::vector<pid_t> all = chain();
      return all.size() == 3 && read_file("/proc/" + std::to_string(all.back()) + "/comm") == name;
    });
    ::kill(chain().at(1), SIGTERM);
    CHECK(lines(running.finish().out).back() == (has_handler ? "status 7" : "status 143"));
  }
}

TEST_CASE("nothing of the outside is open in the PID 1 of init", "[transparency]") {
  const Result result = run_pidns({"--init", "sh", "-c", R"sh(
until [ "$(ls /proc/1/fd | wc -l)" = 3 ]; do :; done
for fd in /proc/1/fd/*; do readlink $fd; done)sh"});
  std::vector<std::string> open = lines(result.out);
  for (std::string& file : open) {
    file = file.substr(0, file.find(':') + 1);
  }
  std::sort(open.begin(), open.end());
  // stderr, the socket to the outer pidns and the signalfd
  CHECK(open == std::vector<std::string>{"anon_inode:", "pipe:", "socket:"});
}

TEST_CASE("the status of the command is returned when nobody reads the status descriptor", "[transparency]") {
  const Result result = run(
      {"bash", "-c", R"("$0" --json-status-fd 3 sh -c 'echo ran; exit 7' 3> >(:); echo $?)", pidns_binary()},
      {});
  CHECK(lines(result.out).at(0) == "ran");
  CHECK(lines(result.out).at(1) == "7");
}

TEST_CASE("a signal that the command sends to PID 1 of init reaches the command", "[transparency]") {
  const Result result = run_pidns(
      {"--init", "sh", "-c", "trap 'echo got; exit 3' TERM; kill -TERM 1; while :; do sleep 0.01; done"});
  CHECK(result.out == "got\n");
  CHECK(result.status() == 3);
}
