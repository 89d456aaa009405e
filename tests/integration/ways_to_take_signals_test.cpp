#include <sys/syscall.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;

namespace {

/// A command that writes `ready` and is then sent SIGTERM.
struct Taker {
  std::string name;
  Command command;
};

/// A program of python that has SIGTERM blocked when it is ready.
Command python(const std::string& rest) {
  return {"python3", "-c", R"(
import ctypes, os, signal, time
signals = {signal.SIGTERM}
def handler(*_):
    os._exit(7)
def pending():
    return signal.SIGTERM in signal.sigpending()
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
os.write(1, b'ready\n')
)" + rest};
}

const std::vector<Taker>& takers() {
  // With an empty set of signals, 128 bytes of zeros, ppoll(2) lets every signal come.
  static const std::string poll =
      "while True: ctypes.CDLL(None).ppoll(None, 0, None, ctypes.create_string_buffer(128))";
  static const std::vector<Taker> all{
      {"sigtimedwait again and again, with pauses",
       python("while not signal.sigtimedwait(signals, 0.005): time.sleep(0.005)\nos._exit(7)")},
      {"sigtimedwait after a while",
       python("while not pending(): pass\ntime.sleep(0.1)\nsignal.sigwait(signals)\nos._exit(7)")},
      {"ppoll with a handler", python("signal.signal(signal.SIGTERM, handler)\n" + poll)},
      {"ppoll without a handler", python(poll)},
      {"a handler that is installed while the signal is pending",
       python("while not pending(): pass\nsignal.signal(signal.SIGTERM, handler)\n"
              "signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)\nos._exit(9)")},
      {"ignored while it is pending",
       python("while not pending(): pass\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
              "signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)\nos._exit(9)")},
      {"unblocked after a while, without a handler",
       python("while not pending(): pass\ntime.sleep(0.1)\n"
              "signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)\nos._exit(9)")},
      {"exit with the signal pending", python("while not pending(): pass\nos._exit(5)")},
      {"execve with the signal pending, and a handler after it", python(R"py(
while not pending(): pass
os.execvp('python3', ['python3', '-c', """
import os, signal
signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
os._exit(9)"""]))py")},
      {"a shell that forks in a loop, with a trap",
       {"sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do /bin/true; done"}},
      {"a shell that forks in a loop, without a trap",
       {"sh", "-c", "echo ready; while :; do /bin/true; done"}},
      {"bash that forks in a loop, with a trap",
       {"bash", "-c", "trap 'exit 7' TERM; echo ready; while :; do /bin/true; done"}},
      {"bash that forks in a loop, without a trap",
       {"bash", "-c", "echo ready; while :; do /bin/true; done"}},
      {"a program that spins", {"bash", "-c", "echo ready; while :; do :; done"}},
      {"twenty threads that start and end", {"python3", "-c", R"(
import os, signal, threading, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
def work():
    while True:
        thread = threading.Thread(target=time.sleep, args=(0.001,))
        thread.start()
        thread.join()
for _ in range(20):
    threading.Thread(target=work, daemon=True).start()
os.write(1, b'ready\n')
while True:  # the main thread runs the handler, whichever gets the signal
    time.sleep(0.01))"}},
  };
  return all;
}

std::string terminate(const Command& command) {
  Running running(command);
  running.wait_for_output("ready\n");
  running.send(SIGTERM);
  return to_text(running.finish());
}

/// Freezes and thaws all processes in a cgroup: cgroups(7), version 2 or the freezer of version 1.
class Freezer {
 public:
  Freezer() {
    for (const std::string root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/freezer"}) {
      const std::string path = root + "/pidns-test-" + std::to_string(::getpid());
      std::error_code error;
      if (!std::filesystem::exists(root + "/cgroup.procs") ||
          !std::filesystem::create_directory(path, error)) {
        continue;
      }
      path_ = path;
      is_version_1_ = std::filesystem::exists(path + "/freezer.state");
      if (is_version_1_ || std::filesystem::exists(path + "/cgroup.freeze")) {
        return;
      }
      std::filesystem::remove(path_);
      path_.clear();
    }
  }
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;
  ~Freezer() {
    if (exists()) {
      try {
        thaw();
        std::error_code error;
        wait_until("the cgroup to be empty", [&] { return std::filesystem::remove(path_, error); });
      } catch (const std::exception& error) {
        std::cerr << path_ << " is left: " << error.what() << '\n';
      }
    }
  }

  [[nodiscard]] bool exists() const { return !path_.empty(); }
  void add(pid_t pid) const {
    write("cgroup.procs", std::to_string(pid));
    REQUIRE(read_file("/proc/" + std::to_string(pid) + "/cgroup").find("pidns-test-") != std::string::npos);
  }
  void freeze() const {
    write(is_version_1_ ? "freezer.state" : "cgroup.freeze", is_version_1_ ? "FROZEN" : "1");
    wait_until("the cgroup to be frozen", [&] {
      return is_version_1_ ? read_file(path_ + "/freezer.state") == "FROZEN\n"
                           : read_file(path_ + "/cgroup.events").find("frozen 1") != std::string::npos;
    });
  }
  void thaw() const {
    write(is_version_1_ ? "freezer.state" : "cgroup.freeze", is_version_1_ ? "THAWED" : "0");
  }

 private:
  void write(const std::string& file, const std::string& text) const {
    if (!(std::ofstream(path_ + "/" + file) << text << std::flush)) {
      throw std::runtime_error("cannot write " + path_ + "/" + file);
    }
  }

  std::string path_;
  bool is_version_1_ = false;
};

}  // namespace

TEST_CASE("each way to take a signal is the same as without pidns", "[signals]") {
  Comparison comparison("ways to take SIGTERM");
  for (const auto& [name, command] : takers()) {
    const std::string direct = terminate(command);
    for (const Form& form : forms()) {
      comparison.add(name + " " + form.options, direct, terminate(form.wrap(command)));
    }
  }
}

TEST_CASE("a signal that PID 1 holds is not lost while it is stopped", "[signals]") {
  for (const std::string change : {"", "signal.signal(signal.SIGTERM, handler)\n"}) {
    const Command command = python("os.read(0, 1)\n" + change +
                                   "signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)\n"
                                   "os.write(1, b'lost\\n')\nsignal.pause()");
    for (const Form& form : forms()) {
      INFO(form.options << " " << change);
      Running running(form.wrap(command));
      running.wait_for_output("ready\n");
      const pid_t pid_1 = children_of(running.pid()).front();
      const pid_t stopped = form.options.empty() ? children_of(pid_1).front() : pid_1;
      running.send(SIGTERM);
      wait_until("the signal to be pending",
                 [&] { return signal_field(stopped, "ShdPnd").contains(SIGTERM); });
      ::kill(stopped, SIGSTOP);
      wait_until("pidns to stop", [&] { return process_state(running.pid()) == 'T'; });
      running.send(SIGCONT);
      wait_until("the command to go on", [&] { return process_state(stopped) == 'S'; });
      running.close_stdin();
      const Result result = running.finish();
      CHECK(result.out == "ready\n");
      CHECK(to_text(result.ending) == (change.empty() ? "killed by 15\n" : "exited with 7\n"));
    }
  }
}

TEST_CASE("a signal to a traced pidns is the same as without pidns", "[signals]") {
  Comparison comparison("SIGTERM under strace");
  const TemporaryDirectory directory;
  // With -D the tracer is a grandchild: the process that we have started becomes the command.
  const auto traced = [&](Command command) {
    command.insert(command.begin(), {"strace", "-D", "-f", "-qq", "-o", directory.path() + "/trace"});
    return command;
  };
  const std::vector<Taker> some{
      {"default", {"sh", "-c", "echo ready; exec sleep 1000"}},
      {"handler", {"bash", "-c", "trap 'exit 7' TERM; echo ready; while :; do read -t 1000; done"}},
      takers().front(),
      takers().at(2),
  };
  for (const auto& [name, command] : some) {
    const std::string direct = terminate(command);
    for (const Form& form : forms()) {
      comparison.add(name + " " + form.options, direct, terminate(traced(form.wrap(command))));
    }
  }
}

TEST_CASE("a frozen command takes its signals when it is thawed, and none is left", "[signals]") {
  const Freezer freezer;
  if (!freezer.exists()) {
    WARN("no cgroup can be made here");
    return;
  }
  for (const Form& form : forms()) {
    for (const std::string trap : {"trap 'exit 7' TERM; ", ""}) {
      INFO(form.options << " " << trap);
      Running running(form.wrap({"sh", "-c", trap + "echo ready; while :; do sleep 0.01; done"}));
      running.wait_for_output("ready\n");
      const pid_t pid_1 = children_of(running.pid()).front();
      const bool has_init = form.options.empty();
      const pid_t command = has_init ? children_of(pid_1).front() : pid_1;
      freezer.add(command);
      freezer.freeze();
      running.send(SIGTERM);
      wait_until("pidns to take the signal", [&] {
        return !(signal_field(running.pid(), "ShdPnd") | signal_field(running.pid(), "SigPnd"))
                    .contains(SIGTERM);
      });
      freezer.thaw();
      CHECK(running.finish().ending == (trap.empty() ? ExitStatus{.killed = true, .value = SIGTERM}
                                                     : ExitStatus{.killed = false, .value = 7}));
    }
    Running running(form.wrap({"sh", "-c", "echo ready; exec sleep 1000"}));
    running.wait_for_output("ready\n");
    const pid_t pid_1 = children_of(running.pid()).front();
    freezer.add(pid_1);
    freezer.freeze();
    running.send(SIGKILL);
    running.wait_for_end();
    freezer.thaw();  // of version 1 a frozen process does not even take SIGKILL
    wait_until("PID 1 to end", [&] { return !std::filesystem::exists("/proc/" + std::to_string(pid_1)); });
  }
}

TEST_CASE("a signal that is waited for and not blocked does the same below an init as without pidns",
          "[signals]") {
  Comparison comparison("sigwait without blocking");
  for (const int signal : {SIGTERM, SIGUSR1, SIGQUIT, SIGTSTP}) {
    // What a process does that waits so is undefined: sigwait(3p). On Linux a signal ends it if the
    // action is to end without a core file: complete_signal() in kernel/signal.c.
    const std::string name = std::to_string(signal);
    const Command command{
        "/usr/bin/python3", "-c",
        "import os, signal\nos.write(1, b'ready\\n')\nsignal.sigwait({" + name + "})\nos._exit(7)"};
    const auto ending_of = [&](const Wrapper& wrap, int depth) {
      Running running(wrap(command));
      running.wait_for_output("ready\n");
      pid_t waiting = running.pid();
      for (int level = 0; level < depth; ++level) {
        waiting = children_of(waiting).front();
      }
      const std::string call = std::to_string(SYS_rt_sigtimedwait) + " ";
      wait_until("the command to wait", [&] {
        return read_file("/proc/" + std::to_string(waiting) + "/syscall").starts_with(call) &&
               process_state(waiting) == 'S';
      });
      running.send(signal);
      return to_text(running.finish());
    };
    const std::string direct = ending_of(directly, 0);
    comparison.add(name, direct, ending_of(in_pidns, 2));
    // While it waits, a PID 1 that would die of it cannot be told from one that blocks the signal.
    CHECK(ending_of(as_pid_1, 1) == "ready\nexited with 7\n");
    CHECK(direct == (signal == SIGTSTP || signal == SIGQUIT ? "ready\nexited with 7\n"
                                                            : "ready\nkilled by " + name + "\n"));
  }
}
