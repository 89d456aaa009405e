#include <csignal>
#include <filesystem>

#include "support/catch.hpp"
#include "terminal_shell.hpp"

using namespace harness;
using namespace terminal_tools;

// The command asks for the terminal again and again while it is being stopped. A signal that comes late must
// not stop it again.
TEST_CASE("a command that has read the terminal from the background goes on in the foreground",
          "[terminal]") {
  for (const std::string options : {"", " --init"}) {
    Shell shell(pidns_binary() + options);
    shell.prompt();
    for (int i = 0; i < 12; ++i) {
      shell.line("$VIA cat &");
      shell.wait_until_state("cat", 'T');
      shell.settle();
      shell.fg();
      shell.wait_until_foreground("cat");
      shell.settle();
      type_a_word_and_end_cat(shell);
    }
  }
}

TEST_CASE("new-session gives the command a session without a terminal", "[terminal]") {
  for (const auto& [option, pid] : {std::pair{"--init", "2"}, std::pair{"--mount-proc", "1"}}) {
    Words command{"--new-session", "sh", "-c", "ps -o sid=,tty= -p $$; cat /dev/tty || echo no terminal"};
    command.insert(command.begin(), option);
    Terminal terminal(harness::pidns(command));
    CHECK(terminal.wait_for("?").find(std::string(" ") + pid + " ") != std::string::npos);
    terminal.wait_for("no terminal");
    CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 0});
  }
}

// Without pidns the terminal would be left to a dead process group, and the read would fail with EIO.
TEST_CASE("the terminal is read again however the command ended that had it", "[terminal]") {
  const std::string then_read = "; read x; echo got $x";
  for (const std::string options : {"", " --init"}) {
    const auto read_a_word = [](Shell& shell) {
      shell.type("word\n");  // not \r: the shell has left the terminal raw
      shell.wait_for("got word");
      CHECK(shell.terminal().finish() == ExitStatus{.killed = false, .value = 0});
    };
    SECTION("a shell that is killed" + options) {
      Shell shell(pidns_binary() + options, {"sh", "-c", "$VIA bash --norc" + then_read});
      shell.prompt();
      ::kill(shell.find("bash"), SIGKILL);
      shell.wait_until_gone("bash");
      read_a_word(shell);
    }
    SECTION("a shell that is killed with a job in the foreground" + options) {
      Shell shell(pidns_binary() + options, {"sh", "-c", "$VIA bash --norc" + then_read});
      shell.prompt();
      shell.enter("sleep 100");
      shell.wait_until_foreground("sleep");
      ::kill(shell.find("bash"), SIGKILL);
      shell.wait_until_gone("bash");
      read_a_word(shell);
    }
    SECTION("a command that crashes" + options) {
      Shell shell(pidns_binary() + options, {"sh", "-c", "$VIA python3 crash.py" + then_read});
      shell.wait_for("Segmentation fault");
      read_a_word(shell);
    }
  }
}

TEST_CASE("the command of a session's leader is told of the hang-up, once", "[terminal]") {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--fork", "--mount-proc"}, {"--fork"}}) {
    CAPTURE(options);
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/heard";
    std::vector<std::string> words = options;
    words.insert(words.end(), {"sh", "-c",
                               "trap 'echo HUP >>" + file + "' HUP; trap 'echo USR1 >>" + file +
                                   "' USR1; trap 'exit 9' TERM; echo ready; "
                                   "while :; do sleep 0.01; done"});
    Terminal terminal(harness::pidns(words));
    terminal.wait_for("ready");
    terminal.hang_up();
    wait_until("the hang-up", [&] { return std::filesystem::exists(file); });
    // If pidns passed the hang-up on as well, it would do so before this signal.
    ::kill(terminal.pid(), SIGUSR1);
    wait_until("the signal after it", [&] { return read_file(file).ends_with("USR1\n"); });
    ::kill(terminal.pid(), SIGTERM);
    CHECK(terminal.finish() == ExitStatus{.killed = false, .value = 9});
    CHECK(read_file(file) == "HUP\nUSR1\n");
  }
}
