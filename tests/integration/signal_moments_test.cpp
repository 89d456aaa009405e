#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "signal_tools.hpp"

using namespace harness;
using namespace signal_tools;
using ::pidns::SignalSet;

namespace {

/// Holds a command in each execve(2) it makes, from its first on, until it is let go: seccomp_unotify(2).
class HeldExec {
 public:
  HeldExec()
      : shared_(static_cast<int*>(
            ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(shared_ != MAP_FAILED);
  }
  HeldExec(const HeldExec&) = delete;
  HeldExec& operator=(const HeldExec&) = delete;
  ~HeldExec() { ::munmap(shared_, sizeof(int)); }

  /// For Setup::before_exec, as its last step.
  void install() const {
    std::array filter{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = filter.size(), .filter = filter.data()};
    *shared_ = static_cast<int>(
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
  }

  /// Waits until the command is inside its next execve(2).
  void wait(const Running& command) {
    if (!listener_.valid()) {
      wait_until("the filter", [&] { return *shared_ != 0; });
      const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, command.pid(), 0)));
      listener_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), *shared_, 0)));
      REQUIRE(listener_.valid());
    }
    call_ = {};
    wait_until("an execve", [&] {
      pollfd polled{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      return ::poll(&polled, 1, 0) == 1 && ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call_) == 0;
    });
  }

  /// Lets it execute the program. Its process may have died of a signal meanwhile.
  void let_go() const {
    seccomp_notif_resp response{};
    response.id = call_.id;
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response) == -1 && errno != ENOENT) {
      throw std::runtime_error("the execve that was held cannot be let go");
    }
  }

 private:
  int* shared_;
  UniqueFd listener_;
  seccomp_notif call_{};
};

/// What the caller of a command has done with a signal.
enum class Given { nothing, ignored, blocked };

void give(Given given, int signal) {
  if (given == Given::ignored) {
    ignore(signal);
  } else if (given == Given::blocked) {
    change_mask(SIG_BLOCK, SignalSet::of(signal));
  }
}

/// Sends a signal while the command is inside its last execve(2), and tells what came of it.
std::string observe_before_exec(Given given, int signal, const Wrapper& wrap, int execs) {
  const std::string use = given == Given::blocked ? "wait" : "inherit";
  HeldExec held;
  Running running(wrap(probe(use, signal)), {.before_exec = [&] {
                    give(given, signal);
                    held.install();
                  }});
  for (int i = 1; i < execs; ++i) {
    held.wait(running);
    held.let_go();
  }
  held.wait(running);
  running.send(signal);
  held.let_go();
  if (given == Given::nothing && kills(signal)) {
    return to_text(running.finish().ending);  // it may or may not have come to say that it is ready
  }
  running.wait_for_output(given == Given::blocked ? "got " : "ready\n");
  wait_until_taken(running.pid(), signal);
  running.send(fence_of(signal));
  return to_text(running.finish());
}

/// Everything a probe has to say about a burst of signals with a payload each, the last one having come.
std::string observe_burst(const std::string& use, int signal, const Wrapper& wrap) {
  constexpr std::uint64_t count = 1000;
  Running running(wrap(probe(use, signal)));
  running.wait_for_output("ready\n");
  for (std::uint64_t i = 1; i <= count; ++i) {
    wait_until("room in the queue", [&] { return queue_signal(running.pid(), signal, i); });
  }
  running.wait_for_output("payload 3e8\n");
  running.send(fence_of(signal));
  return to_text(running.finish());
}

std::string in_order(int signal, int count) {
  std::string text = "ready\n";
  for (int i = 1; i <= count; ++i) {
    std::array<char, 64> line{};
    std::snprintf(line.data(), line.size(), "got %d code %d payload %x\n", signal, SI_QUEUE, i);
    text += line.data();
  }
  return text + "end count " + std::to_string(count) + "\nexited with 42\n";
}

pid_t only_child(pid_t pid) {
  const std::vector<pid_t> children = children_of(pid);
  REQUIRE(children.size() == 1);
  return children.front();
}

bool has_ended(pid_t pid) {
  const char state = process_state(pid);
  return state == 'Z' || state == '\0';
}

/// The signals that are in use by a command, as it is told.
std::string observe_status(const std::function<void()>& before_exec, const Wrapper& wrap) {
  return to_text(run(wrap({"grep", "-E", "^(Sig(Blk|Ign|Cgt|Pnd)|ShdPnd)", "/proc/self/status"}),
                     {.before_exec = before_exec}));
}

void set_alarm() {
  const itimerval soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 1}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
}

}  // namespace

TEST_CASE("signals sent before the command is executed come to it", "[signals]") {
  Comparison comparison("signals before exec");
  for (const Given given : {Given::nothing, Given::ignored, Given::blocked}) {
    for (const int signal : catchable_signals()) {
      if (given == Given::nothing && stops(signal)) {
        continue;  // directly it would stop and then begin its execve again
      }
      const std::string name =
          "given " + std::to_string(static_cast<int>(given)) + ", signal " + std::to_string(signal);
      INFO(name);
      comparison.add(name, observe_before_exec(given, signal, directly, 1),
                     observe_before_exec(given, signal, in_pidns, 2));
    }
  }
  CHECK(comparison.cells() == 3 * 62 - 3);
}

TEST_CASE("a burst of a thousand real-time signals arrives whole and in order", "[signals]") {
  Comparison comparison("bursts of 1000 real-time signals");
  for (const std::string use : {"handler", "wait", "signalfd"}) {
    for (const int signal : {32, 34, 50, 64}) {
      const std::string name = use + ", signal " + std::to_string(signal);
      INFO(name);
      CHECK(observe_burst(use, signal, directly) == in_order(signal, 1000));
      comparison.add(name, in_order(signal, 1000), observe_burst(use, signal, in_pidns));
    }
  }
}

TEST_CASE("a burst of a thousand ordinary signals arrives at least once", "[signals]") {
  for (const std::string use : {"handler", "wait", "signalfd"}) {
    for (const int signal : {SIGHUP, SIGTERM, SIGCHLD, SIGWINCH, SIGTSTP}) {
      INFO(use << ", signal " << signal);
      Running running(in_pidns(probe(use, signal)));
      running.wait_for_output("ready\n");
      for (int i = 0; i < 1000; ++i) {
        running.send(signal);
      }
      running.wait_for_output("got ");
      wait_until_taken(running.pid(), signal);
      running.send(fence_of(signal));
      const Result result = running.finish();
      const auto end = result.out.find("end count ");
      REQUIRE(end != std::string::npos);
      const int count = std::stoi(result.out.substr(end + 10));
      CHECK(count >= 1);
      CHECK(count <= 1000);
      CHECK(result.status() == 42);
    }
  }
}

TEST_CASE("a burst of deadly signals kills a command that has no use for them", "[signals]") {
  for (const std::string use : {"default", "unblocks"}) {
    for (const int signal : {SIGTERM, 32, 40}) {
      Running running(in_pidns(probe(use, signal)));
      running.wait_for_output("ready\n");
      for (int i = 0; i < 1000; ++i) {
        ::kill(running.pid(), signal);
      }
      CHECK(running.finish().ending == ExitStatus{.killed = true, .value = signal});
    }
  }
}

namespace {

/// Signals that all are pending when the process goes on.
void send_at_once(Running& running, const std::vector<int>& signals) {
  running.send(SIGSTOP);
  wait_until("a stop", [&] { return process_state(running.pid()) == 'T'; });
  for (const int signal : signals) {
    running.send(signal);
  }
  running.send(SIGCONT);
}

}  // namespace

TEST_CASE("of several signals at once the same one is deadly as without pidns", "[signals]") {
  Comparison comparison("several signals at once");
  const auto observe = [](const std::vector<int>& signals, const Wrapper& wrap) {
    Running running(wrap(probe("default", SIGURG)));
    running.wait_for_output("ready\n");
    send_at_once(running, signals);
    return to_text(running.finish());
  };
  for (const std::vector<int>& signals : std::vector<std::vector<int>>{{SIGTERM, SIGHUP},
                                                                       {SIGHUP, SIGTERM},
                                                                       {SIGUSR2, SIGSEGV, SIGHUP},
                                                                       {40, 35, 33},
                                                                       {SIGWINCH, SIGQUIT, 60}}) {
    std::string name;
    for (const int signal : signals) {
      name += std::to_string(signal) + " ";
    }
    comparison.add(name, observe(signals, directly), observe(signals, in_pidns));
  }
}

TEST_CASE("a signal that comes when the command has ended does not change its status", "[signals]") {
  for (const int signal : {SIGTERM, SIGHUP, 40, SIGUSR1, SIGWINCH, SIGTSTP}) {
    INFO("signal " << signal);
    Running running(in_pidns(probe("default", signal, "leave")));
    running.wait_for_output("ready\n");
    const pid_t init = only_child(running.pid());
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

TEST_CASE("a shell that ends because Ctrl-C has ended its children has died of it", "[signals]") {
  harness::Terminal terminal(in_pidns({"sh", "-c", "sleep 1000 | sleep 1000"}));
  wait_until("the shell and its children", [&] { return descendants_of(terminal.pid()).size() == 3; });
  const pid_t init = only_child(terminal.pid());
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
      Running running(in_pidns(probe(use, signals.front(), "leave")));
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

TEST_CASE("the command has the mask and the dispositions of the caller", "[signals]") {
  Comparison comparison("masks and dispositions");
  const std::vector<std::pair<std::string, std::function<void()>>> callers{
      {"nothing", [] {}},
      {"nohup", [] { ignore(SIGHUP); }},
      {"SIGCHLD ignored", [] { ignore(SIGCHLD); }},
      {"SIGUSR1 blocked", [] { change_mask(SIG_BLOCK, SignalSet::of(SIGUSR1)); }},
      {"32 and 33 blocked", [] { change_mask(SIG_BLOCK, SignalSet::of(32) | SignalSet::of(33)); }},
      {"32 and 33 ignored",
       [] {
         ignore(32);
         ignore(33);
       }},
      {"all blocked", [] { change_mask(SIG_SETMASK, SignalSet::all()); }},
      {"all ignored",
       [] {
         for (const int signal : catchable_signals()) {
           ignore(signal);
         }
       }},
      {"all ignored and blocked",
       [] {
         change_mask(SIG_SETMASK, SignalSet::all());
         for (const int signal : catchable_signals()) {
           ignore(signal);
         }
       }},
  };
  const Wrapper with_init = [](Command command) {
    command.insert(command.begin(), "--init");
    return in_pidns(std::move(command));
  };
  for (const auto& [name, before_exec] : callers) {
    const std::string direct = observe_status(before_exec, directly);
    comparison.add(name, direct, observe_status(before_exec, in_pidns));
    comparison.add(name + " with --init", direct, observe_status(before_exec, with_init));
  }
}

TEST_CASE("the status is that of the command when the caller ignores SIGCHLD or everything", "[signals]") {
  for (const std::string option : {"--fork", "--init"}) {
    for (const SignalSet ignored : {SignalSet::of(SIGCHLD), SignalSet::all()}) {
      const Setup setup{.before_exec = [&] {
        for (const int signal : catchable_signals()) {
          if (ignored.contains(signal)) {
            ignore(signal);
          }
        }
      }};
      CHECK(run_pidns({option, "sh", "-c", "exit 7"}, setup).status() == 7);
      CHECK(run_pidns({option, "sh", "-c", "sleep 0 & kill -KILL $$"}, setup).status() ==
            (option == "--init" ? 128 + SIGKILL : 0));
    }
  }
}

TEST_CASE("a timer that the caller has set reaches the command", "[signals]") {
  // Blocked until the command takes it, so that it does not matter when the timer ends.
  const Setup setup{.before_exec = [] {
    change_mask(SIG_BLOCK, SignalSet::of(SIGALRM));
    set_alarm();
  }};
  for (const std::string use : {"handler", "wait", "default", "unblocks"}) {
    INFO(use);
    const auto observe = [&](const Wrapper& wrap) {
      Running running(wrap(probe(use, SIGALRM)), setup);
      if (use == "handler" || use == "wait") {
        running.wait_for_output("got ");
        running.send(fence_of(SIGALRM));
      }
      return to_text(running.finish());
    };
    std::string direct = observe(directly);
    // The kernel's own si_code cannot be passed on either.
    if (const auto code = direct.find("code 128 "); code != std::string::npos) {
      direct.replace(code, 9, "code 0 ");
    }
    CHECK(observe(in_pidns) == direct);
  }
}

TEST_CASE("kill 0 inside does what it does without pidns", "[signals]") {
  Comparison comparison("kill 0");
  // Who sends a signal that is counted stays until the end: it has to be there when pidns looks where it
  // comes from.
  const std::vector<std::string> scripts{
      "trap 'kill 0' EXIT; exit 3",
      "trap 'kill 0' EXIT; sleep 1000 & exit 3",
      "trap 'trap - TERM; kill 0' EXIT; sleep 1000 & exit 3",
      "trap 'exit 5' TERM; sleep 1000 & kill 0; wait",
      "trap 'echo got' TERM; kill 0; read line; echo end",
      "trap 'echo got' USR1; kill -USR1 0; kill -USR1 0; read line; echo end",
      "trap '' HUP; kill -HUP 0; read line; echo end",
      ("f=$(mktemp); trap 'echo got' INT; bash -c 'trap \"exit 0\" INT; (echo $BASHPID >$0; kill -INT 0; "
       "exec sleep 1000) & wait' $f; echo end; kill -KILL $(cat $f); rm $f"),
      "trap 'kill 0' EXIT; (sleep 1000 & wait) & kill -TERM $$; exit 4",
      "bash -c 'kill -TERM 0'; sleep 1000",
      ("trap 'echo got; got=1' USR1; (trap : USR1; kill -USR1 0; exec sleep 1000) & until [ $got ]; do "
       "sleep 0.01; done; echo end; kill -KILL $!"),
  };
  const auto observe = [](const std::string& script, const Wrapper& wrap) {
    const Result result = run(wrap({"bash", "-c", script}), {.input = "line\n"});
    // A bash with a trap ends itself with kill(2) once that has run; PID 1 cannot, and exits with 128 and the
    // signal.
    return result.out + std::to_string(result.status());
  };
  for (const std::string& script : scripts) {
    comparison.add(script, observe(script, directly), observe(script, in_pidns));
  }
}

TEST_CASE("timeout ends a command in pidns as it ends the command", "[signals]") {
  Comparison comparison("timeout");
  // SIGALRM makes it believe that its time is over, and comes when the command is ready.
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
      ("trap 'kill $! 2>/dev/null; exit 9' TERM INT HUP USR1; sh -c 'echo ready; exec sleep 1000' & "
       "while :; do wait; done"),
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
      comparison.add(name + script, observe(directly), observe(in_pidns));
    }
  }
}

TEST_CASE("a shell that forks in a loop dies of the first SIGTERM", "[signals]") {
  for (int i = 0; i < 50; ++i) {
    Running running(in_pidns({"bash", "-c", "echo ready; while :; do /bin/true; done"}));
    running.wait_for_output("ready\n");
    running.send(SIGTERM);
    CHECK(running.finish().ending == ExitStatus{.killed = true, .value = SIGTERM});
  }
}

TEST_CASE("a shell that forks in a loop dies of the first of several signals", "[signals]") {
  for (int i = 0; i < 200; ++i) {
    Running running(in_pidns({"sh", "-c", "echo ready; while :; do /bin/true; done"}));
    running.wait_for_output("ready\n");
    send_at_once(running, {40, 35});
    CHECK(running.finish().ending == ExitStatus{.killed = true, .value = 35});
  }
}

TEST_CASE("signals do the same where proc is that of another PID namespace", "[signals][unsanitized]") {
  Running other(in_pidns({"sh", "-c", "echo ready; read line"}));
  other.wait_for_output("ready\n");
  const pid_t init = harness::children_of(other.pid()).at(0);
  const auto there = [&](Command command) {
    const Command enter{"nsenter", "--mount", "--target", std::to_string(init)};
    command.insert(command.begin(), enter.begin(), enter.end());
    return command;
  };
  Comparison comparison("in the mounts of another PID namespace");
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    for (const std::string use : {"default", "handler"}) {
      const std::string name = use + ", signal " + std::to_string(signal);
      INFO(name);
      const auto observe = [&](const Wrapper& wrap) {
        Running running(there(wrap(probe(use, signal))));
        running.wait_for_output("ready\n");
        running.send(signal);
        if (use == "handler") {
          running.wait_for_output("got ");
          running.send(fence_of(signal));
        }
        return to_text(running.finish());
      };
      comparison.add(name, observe(directly), observe(in_pidns));
    }
  }
}

TEST_CASE("the command goes on when pidns has no descriptor left to look at it", "[signals]") {
  // As few as a launch can do with: what the test itself has inherited counts too.
  const std::string limited =
      "n=6; until (ulimit -n $n; \"$0\" true) 2>/dev/null; do n=$((n+1)); done; ulimit -n $n; exec \"$0\" "
      "\"$@\"";
  Running running({"sh", "-c", limited, pidns_binary(), "sh", "-c",
                   "trap 'echo got; exit 7' WINCH; echo ready; sleep 1000 & while :; do wait; done"});
  running.wait_for_output("ready\n");
  running.send(SIGWINCH);
  const Result result = running.finish();
  CHECK(result.out == "ready\ngot\n");
  CHECK(result.err.empty());
  CHECK(result.status() == 7);
}
