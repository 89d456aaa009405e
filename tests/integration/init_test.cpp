#include <csignal>
#include <filesystem>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

/// The one child of pidns: PID 1 of the namespace, seen from the host.
pid_t first_child(pid_t pidns_pid) {
  wait_until("PID 1", [&] { return !children_of(pidns_pid).empty(); });
  return children_of(pidns_pid).front();
}

}  // namespace

TEST_CASE("with init the command is PID 2 and pidns is PID 1", "[init]") {
  const Result result = run_pidns({"--init", "sh", "-c", "echo $$ $PPID; cat /proc/1/comm"});
  CHECK(result.out == "2 1\npidns\n");
  CHECK(result.err.empty());
  CHECK(result.status() == 0);
}

TEST_CASE("init ends with the status of the command", "[init]") {
  for (const int status : {0, 1, 7, 125, 143, 255}) {
    const Result result = run_pidns({"--init", "sh", "-c", "exit " + std::to_string(status)});
    CHECK(result.ending == ExitStatus{.killed = false, .value = status});
  }
}

TEST_CASE("init lets the command die of its own signals and pidns dies of the same", "[init]") {
  for (const int signal : {SIGTERM, SIGKILL, SIGABRT, SIGSEGV, SIGUSR1, SIGRTMIN}) {
    const Result result =
        run_pidns({"--init", "sh", "-c", "ulimit -c 0; kill -" + std::to_string(signal) + " $$"});
    CHECK(result.ending == ExitStatus{.killed = true, .value = signal});
  }
}

TEST_CASE("init reports a command that cannot be run", "[init]") {
  const Result missing = run_pidns({"--init", "/no/such/command"});
  CHECK(missing.status() == 127);
  CHECK(missing.err == "pidns: cannot execute '/no/such/command': No such file or directory\n");
  CHECK(run_pidns({"--init", "/"}).status() == 126);
}

TEST_CASE("init reaps ten thousand orphans without a zombie", "[init]") {
  // Each `( : & )` leaves its inner process an orphan. The last loop, which makes no process, waits until
  // nothing but pidns and the shell is left.
  const std::string script = R"(
i=0
while [ $i -lt 10000 ]; do
  ( : & )
  i=$((i + 1))
  [ $((i % 1000)) -ne 0 ] || echo $i >&2
done
while set -- /proc/[0-9]*; [ $# -gt 2 ]; do :; done
grep -l 'State:.Z' /proc/[0-9]*/status
echo done)";
  const Result result = run_pidns({"--init", "sh", "-c", script});
  CHECK(result.out == "done\n");
  CHECK(result.status() == 0);
}

TEST_CASE("init ends what the command leaves behind", "[init]") {
  Running running(harness::pidns({"--init", "sh", "-c", "sleep 1000 & echo $!; exit 3"}));
  // The sleep holds stdout open: finish() would wait for it in vain if it lived on.
  CHECK(running.finish().status() == 3);
}

TEST_CASE("init passes every signal on to the command once", "[init]") {
  const std::string script = R"(
import os, signal, sys, time
# print() refuses to run inside itself
signal.signal(int(sys.argv[1]), lambda *_: os.write(1, b'got it\n'))
signal.signal(signal.SIGALRM, lambda *_: exit(5))
os.write(1, b'ready\n')
# pause() would miss a signal that comes just before it
while True:
    time.sleep(0.01)
)";
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGWINCH, SIGCHLD, SIGRTMIN + 5}) {
    Running running(harness::pidns({"--init", "python3", "-c", script, std::to_string(signal)}));
    running.wait_for_output("ready\n");
    running.send(signal);
    running.wait_for_output("got it\n");
    running.send(SIGALRM);
    const Result result = running.finish();
    CHECK(result.out == "ready\ngot it\n");
    CHECK(result.status() == 5);
  }
}

TEST_CASE("init lets a deadly signal end a command that does not expect it", "[init]") {
  Running running(harness::pidns({"--init", "sh", "-c", "echo ready; exec sleep 1000"}));
  running.wait_for_output("ready\n");
  running.send(SIGTERM);
  CHECK(running.finish().ending == ExitStatus{.killed = true, .value = SIGTERM});
}

TEST_CASE("init and pidns stop and go on with the command", "[init]") {
  Running running(harness::pidns({"--init", "sh", "-c", "echo ready; read line; echo got $line"}));
  running.wait_for_output("ready\n");
  running.send(SIGTSTP);
  wait_until("pidns to stop", [&] { return process_state(running.pid()) == 'T'; });
  const pid_t command = children_of(first_child(running.pid())).front();
  CHECK(process_state(command) == 'T');
  running.write("word\n");
  running.send(SIGCONT);
  CHECK(running.finish().out == "ready\ngot word\n");
}

TEST_CASE("a command that stops itself stops pidns and SIGCONT continues both", "[init]") {
  Running running(harness::pidns({"--init", "sh", "-c", "kill -STOP $$; echo on"}));
  wait_until("pidns to stop", [&] { return process_state(running.pid()) == 'T'; });
  running.send(SIGCONT);
  const Result result = running.finish();
  CHECK(result.out == "on\n");
  CHECK(result.status() == 0);
}

TEST_CASE("init that is PID 1 already runs the command in its own namespace and says so", "[init]") {
  const Result result = run_pidns({"--mount-proc", pidns_binary(), "--no-user", "--init", "sh", "-c",
                                   "echo $$; readlink /proc/1/ns/pid /proc/self/ns/pid | uniq | wc -l"});
  CHECK(result.out == "2\n1\n");
  CHECK(result.err == "pidns: already PID 1: --init runs COMMAND in this PID namespace\n");
  CHECK(result.status() == 0);
}

TEST_CASE("init in place has the same exit statuses", "[init]") {
  CHECK(run_pidns({"--mount-proc", pidns_binary(), "--init", "sh", "-c", "exit 9"}).status() == 9);
  CHECK(run_pidns({"--mount-proc", pidns_binary(), "--init", "sh", "-c", "kill -TERM $$"}).status() == 143);
  CHECK(run_pidns({"--mount-proc", pidns_binary(), "--init", "/no/such/command"}).status() == 127);
}

TEST_CASE("init that is PID 1 already still makes a namespace when a step is named", "[init]") {
  const Result result = run_pidns({"--mount-proc", pidns_binary(), "--init", "--mount-proc", "sh", "-c",
                                   "echo $$; ls -d /proc/[0-9]* | wc -l"});
  CHECK(result.err.empty());
  CHECK(lines(result.out).at(0) == "2");
}

TEST_CASE("the init and the outer pidns keep no directory busy", "[init]") {
  const TemporaryDirectory directory;
  Running running(harness::pidns({"sh", "-c", "echo ready; read line"}), {.directory = directory.path()});
  running.wait_for_output("ready\n");
  const auto directory_of = [](pid_t pid) {
    return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd");
  };
  const pid_t init = children_of(running.pid()).front();
  wait_until("both to leave",
             [&] { return directory_of(running.pid()) == "/" && directory_of(init) == "/"; });
  CHECK(directory_of(children_of(init).front()) == directory.path());
  running.write("\n");
  running.finish();
}

TEST_CASE("with a session of its own the command leads it, and its group gets the terminal's signals",
          "[init]") {
  Terminal terminal(harness::pidns({"--new-session", "sh", "-c",
                                    R"(python3 -c '
import os, signal, time
signal.signal(signal.SIGINT, lambda *_: (os.write(1, b"child"), os._exit(0)))
os.write(1, b"one")
while True: time.sleep(0.01)' &
trap 'echo parent; wait; exit 8' INT; echo two; while :; do sleep 0.01; done)"}));
  terminal.wait_for_any({"one", "two"});
  terminal.wait_for_any({"one", "two"});
  terminal.type("\x03");
  terminal.wait_for_any({"child", "parent"});
  terminal.wait_for_any({"child", "parent"});
  CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 8});
}
