#include <catch2/catch.hpp>
#include <csignal>

#include "signal_tools.hpp"

using namespace harness;
using namespace signal_tools;

namespace {

/// Without the repetitions of a line.
std::string without_repetitions(const std::string& text) {
  const std::vector<std::string> all = lines(text);
  std::string rest;
  for (std::size_t i = 0; i < all.size(); ++i) {
    rest += i > 0 && all[i] == all[i - 1] ? "" : all[i] + "\n";
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
      "trap 'kill 0' EXIT; (sleep 1000 & wait) & kill -TERM $$; exit 4",
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
    // Where pidns is not PID 1 it cannot always tell such a signal from one that is sent to it alone. Then it
    // passes it on, and a handler runs twice.
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
