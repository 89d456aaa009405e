#include <csignal>
#include <set>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;

namespace {

/// Each line once, where it comes first. A repetition may come behind other lines: on a busy machine pidns
/// passes on late.
std::string without_repetitions(const std::string& text) {
  std::set<std::string> seen;
  std::string rest;
  for (const std::string& line : lines(text)) {
    rest += seen.insert(line).second ? line + "\n" : "";
  }
  return rest;
}

}  // namespace

TEST_CASE("kill 0 inside does what it does without pidns", "[signals]") {
  Comparison comparison("kill 0");
  const std::vector<std::string> scripts{
      "trap 'kill 0' EXIT; exit 3",
      "trap 'kill 0' EXIT; sleep 1000 & exit 3",
      "trap 'trap - TERM; kill 0' EXIT; sleep 1000 & exit 3",
      "trap 'exit 5' TERM; sleep 1000 & kill 0; wait",
      "trap 'echo got' TERM; kill 0; read line; echo end",
      "trap 'echo got' USR1; kill -USR1 0; kill -USR1 0; read line; echo end",
      "trap '' HUP; kill -HUP 0; read line; echo end",
      R"(
f=$(mktemp)
trap 'echo got' INT
bash -c 'trap "exit 0" INT; (echo $BASHPID >$0; kill -INT 0; exec sleep 1000) & wait' $f
echo end
kill -KILL $(cat $f)
rm $f)",
      "trap 'kill 0' EXIT; (sleep 1000 >/dev/null 2>&1 & wait) & kill -TERM $$; exit 4",
      "bash -c 'kill -TERM 0'; sleep 1000",
      R"(
trap 'echo got; got=1' USR1
(trap : USR1; kill -USR1 0; exec sleep 1000) &
until [ $got ]; do sleep 0.01; done
echo end
kill -KILL $!)",
  };
  const auto observe = [](const std::string& script, const Wrapper& wrap) {
    const Result result = run(wrap({"bash", "-c", script}), {.input = "line\n"});
    // After a trap, bash ends itself with kill(2). PID 1 cannot, and exits with 128 plus the signal.
    return result.out + std::to_string(result.status());
  };
  for (const std::string& script : scripts) {
    const std::string direct = observe(script, directly);
    comparison.add(script, direct, observe(script, in_pidns));
    // If the command is PID 1, pidns cannot always tell such a signal from one that was sent to pidns alone.
    // In doubt it passes the signal on, and a handler runs twice.
    comparison.add(script + " --fork --mount-proc", without_repetitions(direct),
                   without_repetitions(observe(script, as_pid_1)));
  }
}

TEST_CASE("timeout ends a command in pidns as it ends the command", "[signals]") {
  Comparison comparison("timeout");
  // SIGALRM makes timeout believe that its time is over. It is sent when the command is ready.
  const std::vector<Command> timeouts{
      {"timeout", "1000"},
      {"timeout", "-s", "INT", "1000"},
      {"timeout", "-s", "KILL", "1000"},
      {"timeout", "-s", "HUP", "--preserve-status", "1000"},
      {"timeout", "--foreground", "1000"},
      {"timeout", "-s", "USR1", "-k", "1000", "1000"},
  };
  const std::vector<std::string> scripts{
      "echo ready; exec sleep 1000",
      // The child is ready when it has the default dispositions again, not as soon as it is there.
      R"(
trap 'kill $! 2>/dev/null; exit 9' TERM INT HUP USR1
sh -c 'echo ready; exec sleep 1000' &
while :; do wait; done)",
  };
  for (const Command& timeout : timeouts) {
    for (const std::string& script : scripts) {
      const auto observe = [&](const Wrapper& wrap) {
        Command whole = timeout;
        const Command wrapped = wrap({"sh", "-c", script});
        whole.insert(whole.end(), wrapped.begin(), wrapped.end());
        Running running(whole);
        running.wait_for_output("ready\n");
        // Until it knows its child's PID, timeout ends at a signal and leaves the child behind.
        harness::wait_until("timeout waits", [&] { return harness::process_state(running.pid()) == 'S'; });
        running.send(SIGALRM);
        return to_text(running.finish());
      };
      std::string name;
      for (const std::string& word : timeout) {
        name += word + " ";
      }
      const std::string direct = observe(directly);
      for (const Form& form : forms()) {
        comparison.add(name + form.options + script, direct, observe(form.wrap));
      }
    }
  }
}

TEST_CASE("a signal that comes while PID 1 executes another program is not lost", "[signals]") {
  // dash catches SIGINT. If the kernel has not delivered it yet, the handler is gone when sleep runs.
  const harness::Setup on_one_cpu{.before_exec = harness::stay_on_one_cpu};
  for (int i = 0; i < 300; ++i) {
    Running running(as_pid_1({"sh", "-c", "echo ready; exec sleep 1000"}), on_one_cpu);
    running.wait_for_output("ready\n");
    running.send(SIGINT);
    CHECK(running.finish().ending == ExitStatus{.killed = true, .value = SIGINT});
  }
}

TEST_CASE("pidns dies of a signal that PID 1 exits for", "[signals]") {
  const std::string script = R"(
    trap 'trap - TERM; kill -TERM $$; exit 143' TERM
    trap 'exit 3' USR1
    sleep 1000 &
    echo ready
    while :; do wait; done)";
  struct Row {
    int signal;
    ExitStatus status;
  };
  for (const auto& [signal, status] :
       {Row{SIGTERM, {.killed = true, .value = SIGTERM}}, Row{SIGUSR1, {.killed = false, .value = 3}}}) {
    Running running(as_pid_1({"sh", "-c", script}));
    running.wait_for_output("ready\n");
    running.send(signal);
    CHECK(running.finish().ending == status);
  }
}

TEST_CASE("an exit status that only looks like a signal stays an exit status", "[signals]") {
  for (const Form& form : forms()) {
    CHECK(run(form.wrap({"sh", "-c", "exit 143"})).ending == ExitStatus{.killed = false, .value = 143});
  }
}

TEST_CASE("a signal from PID 1 outside reaches the command of its grandchild", "[signals]") {
  for (const std::string options : {"", "--fork --mount-proc"}) {
    const Result result = run({"unshare", "--pid", "--fork", "--mount-proc", "bash", "-c", R"(
(
  "$0" )" + options + R"( sh -c 'trap "echo TRAP; exit 9" TERM; echo ready >&3; while :; do sleep 0.01; done'
  echo $?
) 3>&1 1>&2 | {
  read -r ready
  kill -TERM $(cat /proc/$(pgrep -o -x pidns)/status | sed -n 's/^Pid:\t//p')
  cat
})",
                               pidns_binary()});
    CHECK(result.err == "TRAP\n9\n");
  }
}

TEST_CASE("a signal whose sender has ended reaches a command that has a process of its number", "[signals]") {
  // PID 1 takes SIGTERM. Its child has PID 300 inside, and is in the same process group.
  const std::string command = R"(
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'TRAP\n'), os._exit(9)))
while True:
    child = os.fork()
    if child == 0:
        if os.getpid() < 300:
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True:
            signal.pause()
    if os.getpid() < 3 and child >= 300:
        break
    os.waitpid(child, 0)
os.write(1, b'ready\n')
while True:
    time.sleep(0.01)
)";
  // The sender gets PID 300 outside, and has ended and been reaped before pidns continues.
  const std::string script = R"(
exec 3< <("$0" $1 python3 -c "$2"; echo $? ); p=
read -r ready <&3
p=$(pgrep -o -x pidns)
kill -STOP $p
until grep -q 'State:.T' /proc/$p/status; do :; done
echo 299 >/proc/sys/kernel/ns_last_pid
/bin/kill -TERM $p
kill -CONT $p
cat <&3)";
  for (const std::string options : {"", "--fork --mount-proc"}) {
    const Result result = run({"unshare", "--pid", "--fork", "--mount-proc", "bash", "-c", script,
                               pidns_binary(), options, command});
    CHECK(result.out == "TRAP\n9\n");
  }
}
