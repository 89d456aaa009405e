#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>

#include "fault_rules.hpp"
#include "signal_tools.hpp"
#include "support/catch.hpp"
#include "tracer.hpp"

using namespace faults;
using namespace harness;

namespace {

struct Scene {
  std::string name;
  std::vector<std::string> command;
  ExitStatus ending;
  /// Sent one after the other: once COMMAND is ready, and when pidns has stopped or COMMAND has got the
  /// first.
  std::vector<int> signals = {};
  Setup setup = {};
};

class CallCounter {
 public:
  Call count(const Stop& stop) { return {stop.process, stop.call, ++counts_[{stop.process, stop.call}]}; }

 private:
  std::map<std::pair<int, std::string>, int> counts_;
};

/// Sends the signals of a scene, each when it is time for it.
Observer with_signals(const Scene& scene, std::function<Verdict(const Stop&)> at_stop) {
  auto sent = std::make_shared<std::size_t>(0);
  const auto send_next = [&scene, sent](pid_t pid) {
    if (*sent < scene.signals.size()) {
      ::kill(pid, scene.signals[(*sent)++]);
    }
  };
  return {.at_stop = std::move(at_stop),
          .meanwhile =
              [sent, send_next](pid_t pid, const std::string& out) {
                const bool is_ready = *sent == 0 && out.starts_with("ready\n");
                const bool has_taken = *sent == 1 && out.find("\ngot ") != std::string::npos;
                if (is_ready || has_taken) {
                  send_next(pid);
                }
              },
          .when_stopped = send_next};
}

struct Recording {
  std::vector<Call> calls;
  TracedResult result;
};

Recording record(const Scene& scene) {
  Recording recording;
  CallCounter counter;
  recording.result = run_traced(scene.command, scene.setup, with_signals(scene, [&](const Stop& stop) {
                                  if (stop.entry) {
                                    recording.calls.push_back(counter.count(stop));
                                  }
                                  return Verdict{};
                                }));
  return recording;
}

std::string to_string(const Fault& fault) {
  return "process " + std::to_string(fault.call.process) + ", " + fault.call.name + " number " +
         std::to_string(fault.call.number) + " fails" + (fault.for_ever ? " for ever" : "") + " with " +
         ::strerrorname_np(fault.error);
}

struct FaultResult : TracedResult {
  Moment moment = Moment::never;
};

FaultResult run_with_fault_once(const Scene& scene, const Fault& fault) {
  CallCounter counter;
  Moment moment = Moment::never;
  const TracedResult result =
      run_traced(scene.command, scene.setup, with_signals(scene, [&](const Stop& stop) {
                   if (!stop.entry) {
                     return Verdict{};
                   }
                   const Call call = counter.count(stop);
                   const bool again = fault.for_ever && moment != Moment::never &&
                                      call.process == fault.call.process && call.name == fault.call.name;
                   if (call != fault.call && !again) {
                     return Verdict{};
                   }
                   if (!again) {
                     moment = stop.executed ? Moment::after_exec : Moment::before_exec;
                   }
                   return Verdict{.error = fault.error};
                 }));
  return {result, moment};
}

/// How often a call is made may differ where two processes of pidns run side by side.
FaultResult run_with_fault(const Scene& scene, const Fault& fault) {
  constexpr int attempts = 5;
  FaultResult result;
  for (int i = 0; i < attempts && result.moment == Moment::never; ++i) {
    result = run_with_fault_once(scene, fault);
  }
  return result;
}

class FaultTest {
 public:
  /// @param startup how many calls come before main()
  FaultTest(const Scene& scene, std::size_t startup)
      : scene_(scene), recording_(record(scene)), startup_(startup) {
    INFO(scene_.name << ": " << recording_.result.err);
    REQUIRE(recording_.result.ending == scene_.ending);
    REQUIRE(recording_.result.survivors == 0);
  }

  /// Before main() all scenes are the same.
  void fail_startup_calls() {
    for (std::size_t i = 0; i < startup_; ++i) {
      fail(recording_.calls[i], true);
    }
  }
  void fail_own_calls() {
    for (std::size_t i = startup_; i < recording_.calls.size(); ++i) {
      fail(recording_.calls[i], false);
    }
  }

  [[nodiscard]] int injected() const { return as_without_ + reported_; }
  void print() const {
    std::cout << '\n'
              << scene_.name << ": " << recording_.calls.size() - startup_ << " calls after " << startup_
              << " of the C library, " << injected() << " faults, " << reported_ << " reported, "
              << as_without_ << " without effect, " << missed_ << " did not come up\n"
              << std::flush;
  }

 private:
  void fail(const Call& call, bool is_startup) {
    if (never_fails(call)) {
      return;
    }
    std::cout << '.' << std::flush;  // a minute of silence would be taken for a hang
    for (const int error : {EPERM, ENOMEM, EMFILE, ENFILE, EIO, EINVAL, EAGAIN, EINTR}) {
      inject({.call = call, .error = error}, is_startup);
    }
    if (is_startup || call.name.starts_with("write pipe")) {  // what cannot answer at all cannot say why
      return;
    }
    for (const int error : {EPERM, EMFILE, ENOSYS}) {
      inject({.call = call, .error = error, .for_ever = true}, is_startup);
    }
  }

  void inject(const Fault& fault, bool is_startup) {
    const FaultResult result = run_with_fault(scene_, fault);
    INFO(scene_.name << ": " << to_string(fault) << "; status " << result.status() << ", " << result.survivors
                     << " survivors\n"
                     << result.out << result.err);
    const Outcome outcome = judge(fault, result, is_startup);
    CHECK(outcome != Outcome::wrong);
    CHECK(read_file("/proc/self/mountinfo") == mounts_);
    ++(result.moment == Moment::never ? missed_ : outcome == Outcome::message ? reported_ : as_without_);
  }

  [[nodiscard]] Outcome judge(const Fault& fault, const FaultResult& result, bool is_startup) const {
    if (result.moment == Moment::never) {
      return same(result, recording_.result) ? Outcome::as_without : Outcome::wrong;
    }
    return is_startup ? judge_startup(result, recording_.result)
                      : judge_own(fault, result.moment, result, recording_.result);
  }

  const Scene& scene_;
  const std::string mounts_ = read_file("/proc/self/mountinfo");
  Recording recording_;
  const std::size_t startup_;
  int reported_ = 0;
  int as_without_ = 0;
  int missed_ = 0;
};

#ifdef PIDNS_SANITIZED
constexpr bool judges_startup = false;  // a sanitizer that cannot start is not ours to judge
#else
constexpr bool judges_startup = true;
#endif

/// Runs the scenes one after the other and fails each call that pidns makes in them.
void fail_all_calls(const std::vector<Scene>& scenes, bool with_startup = false) {
  const std::size_t startup = count_startup_calls();
  int total = 0;
  for (const Scene& scene : scenes) {
    FaultTest test(scene, startup);
    if (with_startup && judges_startup && &scene == &scenes.front()) {
      test.fail_startup_calls();
    }
    test.fail_own_calls();
    test.print();
    total += test.injected();
  }
  std::cout << "injected faults: " << total << "\n";
}

const std::vector<std::string> command{"/bin/sh", "-c", "echo done; exit 7"};
const ExitStatus exits_with_7{.killed = false, .value = 7};

std::vector<std::string> pidns_with(std::vector<std::string> options,
                                    const std::vector<std::string>& words = command) {
  options.insert(options.end(), words.begin(), words.end());
  return harness::pidns(options);
}

std::vector<std::string> waiting(const std::string& trap) {
  return {"/bin/sh", "-c", trap + "; echo ready; sleep 1000 & wait"};
}

void open_status_fd() {
  ::dup2(::open("/dev/null", O_WRONLY), 9);
}

std::vector<Scene> signal_scenes(const std::vector<std::string>& options) {
  const std::string name = options.empty() ? "" : options.front() + ", ";
  return {
      {name + "signal that is handled",
       pidns_with(options, waiting("trap 'echo caught; exit 7' USR1")),
       exits_with_7,
       {SIGUSR1}},
      {name + "signal that is not",
       pidns_with(options, waiting(":")),
       {.killed = true, .value = SIGTERM},
       {SIGTERM}},
      {name + "stop and continue",
       pidns_with(options, waiting("trap 'echo caught; exit 7' CONT")),
       exits_with_7,
       {SIGTSTP, SIGCONT}},
  };
}

}  // namespace

TEST_CASE("each system call of a launch may fail", "[faults]") {
  check_alone("alone: faults of launches");
}
TEST_CASE("alone: faults of launches", "[.]") {
  fail_all_calls(
      {
          {"both steps", pidns_with({"--mount-proc"}), exits_with_7},
          {"--fork alone", pidns_with({"--fork"}), exits_with_7},
          {"--no-fork", pidns_with({"--no-fork"}), exits_with_7},
          {"--new-session", pidns_with({"--mount-proc", "--new-session"}), exits_with_7},
          {"search in PATH", pidns_with({"--fork"}, {"env", "sh", "-c", "exit 7"}), exits_with_7},
          {"command not found",
           pidns_with({"--fork"}, {"/nowhere/command"}),
           {.killed = false, .value = 127}},
      },
      true);
}

TEST_CASE("each system call of a launch without root or with another root may fail", "[faults]") {
  check_alone("alone: faults of other launches");
}
TEST_CASE("alone: faults of other launches", "[.]") {
  fail_all_calls({
      {"as nobody", as_nobody(pidns_with({"--mount-proc"})), exits_with_7},
      {"maps and ids",
       pidns_with({"--fork", "--map-users=0:0:3", "--map-groups=0:0:3", "-S0", "-G0", "--keep-caps"}),
       exits_with_7},
      {"--owner", pidns_with({"--fork", "--owner=1000:1000", "--map-users=all"}), exits_with_7},
      {"--root and --wd", pidns_with({"--fork", "--root=/", "--wd=/tmp"}), exits_with_7},
      {"--json-status-fd",
       pidns_with({"--fork", "--json-status-fd=9"}),
       exits_with_7,
       {},
       {.before_exec = open_status_fd}},
  });
}

TEST_CASE("each system call that relays a signal may fail", "[faults]") {
  check_alone("alone: faults of signals");
}
TEST_CASE("alone: faults of signals", "[.]") {
  fail_all_calls(signal_scenes({"--mount-proc"}));
}

TEST_CASE("each system call that watches a signal may fail", "[faults]") {
  check_alone("alone: faults of watched signals");
}
TEST_CASE("alone: faults of watched signals", "[.]") {
  fail_all_calls({{"signal that is unblocked",
                   pidns_with({"--mount-proc"}, signal_tools::probe("unblocks", SIGTERM)),
                   {.killed = true, .value = SIGTERM},
                   {SIGTERM}},
                  {"signal that is waited for",
                   pidns_with({"--mount-proc"}, signal_tools::probe("wait", SIGTERM)),
                   {.killed = false, .value = 42},
                   {SIGTERM, signal_tools::fence_of(SIGTERM)}}});
}

TEST_CASE("each system call of --init may fail", "[faults]") {
  check_alone("alone: faults of init");
}
TEST_CASE("alone: faults of init", "[.]") {
  fail_all_calls({
      {"--init", pidns_with({"--init"}), exits_with_7},
      {"--init as nobody", as_nobody(pidns_with({"--init"})), exits_with_7},
      {"--init and --json-status-fd",
       pidns_with({"--init", "--json-status-fd=9"}),
       exits_with_7,
       {},
       {.before_exec = open_status_fd}},
  });
}

TEST_CASE("each system call of --init that relays a signal may fail", "[faults]") {
  check_alone("alone: faults of init and signals");
}
TEST_CASE("alone: faults of init and signals", "[.]") {
  fail_all_calls(signal_scenes({"--init"}));
}

TEST_CASE("a helper that dies before it is asked is told", "[faults]") {
  check_alone("alone: dead helpers");
}
TEST_CASE("alone: dead helpers", "[.]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/uts";
  write_file(file, "");
  struct Use {
    std::vector<std::string> options;
    std::string what;
  };
  for (const Use& use : {Use{{"--fork", "--map-users=0:0:3"}, "cannot map IDs"},
                         Use{{"--fork", "--uts=" + file}, "cannot pin namespaces"}}) {
    bool is_dead = false;
    const auto kill_helper = [&](const Stop& stop) {
      // The request is the first that anyone but the helper writes to a pipe.
      if (!is_dead && stop.entry && stop.call == "write pipe") {
        for (const pid_t child : children_of(stop.first)) {
          if (child != stop.pid) {
            ::kill(child, SIGKILL);
            wait_until("the helper to die", [&] { return has_ended(child); });
            is_dead = true;
          }
        }
      }
      return Verdict{};
    };
    const TracedResult result = run_traced(pidns_with(use.options), {}, {.at_stop = kill_helper});
    INFO(use.what);
    CHECK(is_dead);
    CHECK(result.status() == 125);
    CHECK(result.err == "pidns: " + use.what + ": the helper process died\n");
    CHECK(result.survivors == 0);
  }
}
