#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;

namespace {

/// What a probe prints about a burst of signals, each with a payload, once the last has come.
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

/// Stops the process meanwhile, so that all signals are pending when it goes on.
void send_at_once(Running& running, const std::vector<int>& signals) {
  running.send(SIGSTOP);
  wait_until("a stop", [&] { return process_state(running.pid()) == 'T'; });
  for (const int signal : signals) {
    running.send(signal);
  }
  running.send(SIGCONT);
}

/// Whether a command was killed by one of some signals. Below the init the command runs while they come one
/// after the other, and the kernel lets a later one overtake one that a running process is about to take,
/// also without pidns: complete_signal() in kernel/signal.c. To a PID 1 the first applies: pidns decides
/// that.
bool is_killed_by_one_of(const std::vector<int>& signals, const std::string& ending) {
  return std::any_of(signals.begin(), signals.end(), [&](int signal) {
    return ending.ends_with("killed by " + std::to_string(signal) + "\n");
  });
}

}  // namespace

TEST_CASE("a burst of a thousand real-time signals arrives whole and in order", "[signals]") {
  Comparison comparison("bursts of 1000 real-time signals");
  for (const std::string use : {"handler", "wait", "signalfd"}) {
    for (const int signal : {32, 34, 50, 64}) {
      const std::string name = use + ", signal " + std::to_string(signal);
      INFO(name);
      CHECK(observe_burst(use, signal, directly) == in_order(signal, 1000));
      for (const Form& form : forms()) {
        comparison.add(name + form.options, in_order(signal, 1000), observe_burst(use, signal, form.wrap));
      }
    }
  }
}

TEST_CASE("a burst of a thousand ordinary signals arrives at least once", "[signals]") {
  for (const std::string use : {"handler", "wait", "signalfd"}) {
    for (const int signal : {SIGHUP, SIGTERM, SIGCHLD, SIGWINCH, SIGTSTP}) {
      for (const Form& form : forms()) {
        INFO(form.options << " " << use << ", signal " << signal);
        Running running(form.wrap(probe(use, signal)));
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
}

TEST_CASE("a burst of deadly signals kills a command that has no use for them", "[signals]") {
  for (const std::string use : {"default", "unblocks"}) {
    for (const int signal : {SIGTERM, 32, 40}) {
      for (const Form& form : forms()) {
        Running running(form.wrap(probe(use, signal)));
        running.wait_for_output("ready\n");
        for (int i = 0; i < 1000; ++i) {
          ::kill(running.pid(), signal);
        }
        CHECK(running.finish().ending == ExitStatus{.killed = true, .value = signal});
      }
    }
  }
}

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
    const std::string direct = observe(signals, directly);
    CHECK(is_killed_by_one_of(signals, direct));
    comparison.add(name + "as PID 1", direct, observe(signals, as_pid_1));
    CHECK(is_killed_by_one_of(signals, observe(signals, in_pidns)));
  }
}

TEST_CASE("a shell that forks in a loop dies of the first SIGTERM", "[signals]") {
  for (std::size_t i = 0; i < 50; ++i) {
    const Form& form = forms().at(i % 2);
    INFO(form.options);
    Running running(form.wrap({"bash", "-c", "echo ready; while :; do /bin/true; done"}));
    running.wait_for_output("ready\n");
    running.send(SIGTERM);
    CHECK(to_text(running.finish().ending) == "killed by 15\n");
  }
}

TEST_CASE("a shell that forks in a loop dies of the first of several signals", "[signals]") {
  for (std::size_t i = 0; i < 200; ++i) {
    const Form& form = forms().at(i % 2);
    INFO(form.options);
    Running running(form.wrap({"sh", "-c", "echo ready; while :; do /bin/true; done"}));
    running.wait_for_output("ready\n");
    send_at_once(running, {40, 35});
    const std::string ending = to_text(running.finish().ending);
    CHECK(is_killed_by_one_of({35, 40}, ending));
    if (!form.options.empty()) {
      CHECK(ending == "killed by 35\n");
    }
  }
}
