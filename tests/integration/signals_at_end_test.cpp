#include <csignal>
#include <iostream>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;

TEST_CASE("a signal that comes when the command has ended does not change its status", "[signals]") {
  for (const int signal : {SIGTERM, SIGHUP, 40, SIGUSR1, SIGWINCH, SIGTSTP}) {
    INFO("signal " << signal);
    Running running(as_pid_1(probe("default", signal, "leave")));
    running.wait_for_output("ready\n");
    const pid_t init = only_child_of(running.pid());
    running.send(SIGSTOP);
    wait_until("pidns to stop", [&] { return process_state(running.pid()) == 'T'; });
    running.close_stdin();
    wait_until("the command to end", [&] { return process_state(init) == 'Z'; });
    queue_signal(running.pid(), signal, 0);
    running.send(SIGCONT);
    running.send(signal);  // SIGCONT has taken a SIGTSTP away
    CHECK(running.finish().status() == 42);
  }
}

TEST_CASE("a command that ends while pidns is stopped with it is waited for", "[signals]") {
  for (const Form& form : forms()) {
    INFO(form.options);
    Running running(form.wrap({"sleep", "1000"}));
    pid_t command = 0;
    wait_until("the command", [&] { return (command = find_descendant(running.pid(), "sleep")) != 0; });
    ::kill(command, SIGSTOP);
    wait_until("pidns to stop", [&] { return process_state(running.pid()) == 'T'; });
    ::kill(command, SIGKILL);
    wait_until("the command to end", [&] { return has_ended(command); });
    running.send(SIGCONT);
    CHECK(to_text(running.finish().ending) == "killed by 9\n");
  }
}

TEST_CASE("a shell that ends because Ctrl-C has ended its children has died of it", "[signals]") {
  harness::Terminal terminal(as_pid_1({"sh", "-c", "sleep 1000 | sleep 1000"}));
  wait_until("the shell and its children", [&] { return descendants_of(terminal.pid()).size() == 3; });
  const pid_t init = only_child_of(terminal.pid());
  ::kill(terminal.pid(), SIGSTOP);  // so that it looks too late
  wait_until("pidns to stop", [&] { return process_state(terminal.pid()) == 'T'; });
  terminal.type("\x03");
  wait_until("the shell to end", [&] { return process_state(init) == 'Z'; });
  ::kill(terminal.pid(), SIGCONT);
  CHECK(terminal.finish() == ExitStatus{.killed = true, .value = SIGINT});
}

TEST_CASE("signals at the moment the command ends lose nothing and hang nothing", "[signals]") {
  constexpr int runs = 150;
  int killed = 0;
  for (const std::vector<int>& signals :
       std::vector<std::vector<int>>{{SIGUSR1}, {SIGTERM}, {SIGTSTP, SIGCONT}}) {
    const std::string use = signals.front() == SIGUSR1 ? "handler" : "default";
    for (int i = 0; i < runs; ++i) {
      Running running(as_pid_1(probe(use, signals.front(), "leave")));
      running.wait_for_output("ready\n");
      if (i % 2 == 0) {  // now and then it is early
        running.send(signals.front());
      }
      running.close_stdin();
      while (!has_ended(running.pid())) {
        for (const int signal : signals) {
          running.send(signal);
        }
      }
      const ExitStatus ending = running.finish().ending;
      const bool of_signal =
          ending == ExitStatus{.killed = true, .value = SIGTERM} && signals.front() == SIGTERM;
      killed += of_signal ? 1 : 0;
      CHECK((of_signal || ending == ExitStatus{.killed = false, .value = 42}));
    }
  }
  std::cout << "signals at the end of the command: " << 3 * runs << " runs, " << killed
            << " killed by SIGTERM\n";
}
