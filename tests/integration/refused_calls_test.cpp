#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;

namespace {

/// Uses everything that a command needs of pidns: output, status, a handler, a default action, a stop.
std::string use(const Wrapper& wrap, const Setup& setup,
                const std::vector<std::string>& uses = {"default", "handler", "wait", "unblocks"}) {
  std::string seen = to_text(run(wrap({"sh", "-c", "echo out; exit 7"}), setup));
  for (const std::string& disposition : uses) {
    Running running(wrap(probe(disposition, SIGTERM)), setup);
    running.wait_for_output("ready\n");
    running.send(SIGTERM);
    if (disposition == "handler" || disposition == "wait") {
      running.wait_for_output("got ");
      running.send(fence_of(SIGTERM));
    }
    seen += to_text(running.finish());
  }
  Running stopped(wrap({"sh", "-c", "echo ready; read line; exit 3"}), setup);
  stopped.wait_for_output("ready\n");
  stopped.send(SIGTSTP);
  wait_until("a stop", [&] { return process_state(stopped.pid()) == 'T'; });
  stopped.send(SIGCONT);
  stopped.write("\n");
  return seen + to_text(stopped.finish());
}

/// Makes `fd` the write end of a full pipe. Its reader stays open but never reads.
void fill(int fd) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) == -1) {
    return;
  }
  ::fcntl(ends[0], F_DUPFD, 50);  // the reader stays open: it is inherited, and never read
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const std::string block(4096, 'x');
  while (::write(ends[1], block.data(), block.size()) > 0) {
  }
  while (::write(ends[1], "x", 1) > 0) {
  }
  ::fcntl(ends[1], F_SETFL, 0);
  ::dup2(ends[1], fd);
}

}  // namespace

TEST_CASE("where newer system calls are refused the older ones do the same", "[refused]") {
  const std::vector<std::pair<std::string, std::vector<long>>> refused{
      {"pidfd_open", {SYS_pidfd_open}},
      {"pidfd_send_signal", {SYS_pidfd_send_signal}},
      {"close_range", {SYS_close_range}},
      {"clone3", {SYS_clone3}},
      {"waitid", {SYS_waitid}},
      {"process_vm_readv", {SYS_process_vm_readv}},
      {"openat2, statx", {SYS_openat2, SYS_statx}},
      {"all of these",
       {SYS_pidfd_open, SYS_pidfd_send_signal, SYS_close_range, SYS_clone3, SYS_openat2, SYS_statx}},
  };
  Comparison comparison("refused system calls");
  const std::string direct = use(directly, {});
  for (const Form& form : forms()) {
    for (const int error : {EPERM, ENOSYS}) {
      for (const auto& [name, calls] : refused) {
        const Setup setup{.before_exec = [&numbers = calls, error] { refuse_calls(numbers, error); }};
        comparison.add(name + " " + form.options, direct, use(form.wrap, setup));
      }
    }
  }
}

TEST_CASE("a command that cannot be attached to is seen by one look", "[refused]") {
  const Setup setup{.before_exec = [] { refuse_calls({SYS_ptrace}, EPERM); }};
  // Without attaching, pidns cannot see what becomes of a signal that PID 1 blocks.
  const std::vector<std::string> uses{"default", "handler", "wait"};
  CHECK(use(as_pid_1, setup, uses) == use(directly, {}, uses));
}

TEST_CASE("with few descriptors a command does not start, or runs to its end", "[refused]") {
  int started = 0;
  int refused = 0;
  for (const Form& form : forms()) {
    for (rlim_t limit = 3; limit <= 16; ++limit) {
      INFO(form.options << " limit " << limit);
      const Setup setup{.before_exec = [limit] {
        ::close_range(STDERR_FILENO + 1, ~0U, 0);
        const rlimit few{.rlim_cur = limit, .rlim_max = limit};
        ::setrlimit(RLIMIT_NOFILE, &few);
      }};
      const Result result = run(form.wrap({"sh", "-c", "echo started; exit 7"}), setup);
      if (result.status() == 7) {
        CHECK(result.out == "started\n");
        ++started;
        Running running(form.wrap({"sh", "-c", "echo ready; exec sleep 1000"}), setup);
        running.wait_for_output("ready\n");
        running.send(SIGTERM);
        CHECK(running.finish().ending == ExitStatus{.killed = true, .value = SIGTERM});
      } else {
        // If pidns is dynamic, the loader may fail before it.
        const bool is_loaded = result.err.find("error while loading shared libraries") == std::string::npos;
        CHECK(result.status() == (is_loaded ? 125 : 127));
        CHECK(result.out.empty());
        ++refused;
      }
    }
  }
  CHECK(started > 0);
  CHECK(refused > 0);
  std::cout << "limits of descriptors: " << started << " commands ran, " << refused << " did not start\n";
}

TEST_CASE("with few processes a command does not start, or runs to its end", "[refused]") {
  int started = 0;
  int refused = 0;
  const Command script{"sh", "-c", "echo started; exit 7"};
  for (const Command& arguments : {script, with_steps(script)}) {
    for (int limit = 0; limit <= 8; ++limit) {
      INFO(arguments.front() << " limit " << limit);
      Command command = pidns_as_nobody(arguments);
      const auto program = std::find_if(command.begin(), command.end(),
                                        [](const std::string& word) { return word.ends_with("/pidns"); });
      command.insert(program, {"prlimit", "--nproc=" + std::to_string(limit)});
      const Result result = run(command);
      if (result.status() == 7) {
        CHECK(result.out == "started\n");
        ++started;
      } else {
        CHECK(result.status() == 125);
        CHECK(message_of(result).text == "cannot fork: Resource temporarily unavailable");
        ++refused;
      }
    }
  }
  CHECK(started > 0);
  CHECK(refused > 0);
  std::cout << "limits of processes: " << started << " commands ran, " << refused << " did not start\n";
}

TEST_CASE("without a queue for signals the command gets them", "[refused]") {
  const Setup setup{.before_exec = [] {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_SIGPENDING, &none);
  }};
  for (const Form& form : forms()) {
    CHECK(use(form.wrap, setup) == use(directly, setup));
  }
}

TEST_CASE("a status descriptor whose reader never reads costs a warning", "[refused]") {
  const Setup setup{.before_exec = [] { fill(9); }};
  for (const std::string step : {"--init", "--mount-proc"}) {
    const Result result = run_pidns({step, "--json-status-fd=9", "sh", "-c", "exit 3"}, setup);
    CHECK(result.status() == 3);
    CHECK_THAT(result.err,
               Catch::Contains("pidns: --json-status-fd: cannot write: its reader does not read\n"));
  }
}

TEST_CASE("pidns still takes signals when the reader of its messages never reads", "[refused]") {
  const Setup setup{.before_exec = [] { fill(STDERR_FILENO); }};
  for (const std::string step : {"--init", "--mount-proc"}) {
    for (const std::string option : {"-vv", "--explain"}) {
      INFO(step << " " << option);
      Running running(harness::pidns({step, option, "sh", "-c", "echo ready; exec sleep 1000"}), setup);
      running.wait_for_output("ready\n");
      running.send(SIGTERM);
      CHECK(running.finish().ending == ExitStatus{.killed = true, .value = SIGTERM});
    }
  }
}
