#include "fault_rules.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "pidns/util/failure.hpp"

namespace faults {

using namespace harness;

namespace {

/// A call that pidns can do without, or that cannot fail.
struct Rule {
  std::string call;  // a part of its name
  std::string reason;
};

/// After these pidns may go on and end with COMMAND's status.
const std::vector<Rule>& harmless_calls() {
  static const std::vector<Rule> rules{
      {"/fdinfo", "PID 1 is taken to have no signalfd, and is watched"},
      {"poll", "pidns looks at what it waits for anyway, and takes the parent to be alive"},
      {"read pipe", "the exit status of the child tells what the pipe would have told"},
      {"/syscall", "PID 1 is watched, as if it were about to wait for the signal"},
      {"[0]/status", "the sender of a signal is taken to be outside of the namespace"},
      {"self/status", "the sender of a signal is taken to be outside of the namespace"},
      {"[test]/status", "the sender of a signal is taken to be outside of the namespace"},
#ifdef PIDNS_SANITIZED
      {"/maps", "is the sanitizer's, at an exception"},
#endif
      {"access", "tells how a command that cannot be executed is reported, and /proc is taken for our own"},
      {"brk", "malloc(3) takes mmap(2) instead"},
      {"capget", "libcap asks for the version of the interface, and knows one without an answer"},
      {"close", "pidns goes on with one descriptor more, unless another process waits for its end"},
      {"getpgid", "PID 1 or the sender of a signal is taken to be of another process group"},
      {"kill", "at the end of a child that has ended by itself"},
      {"openat /dev/tty", "pidns takes itself to have no terminal"},
      {"prctl 4", "PR_SET_DUMPABLE: a second core file is the worst"},
      {"process_vm_readv", "PID 1 is watched, as if it were about to wait for the signal"},
      {"rt_sigprocmask", "the message is written with the mask unchanged"},
      {"rt_sigtimedwait", "PID 1 is continued once more"},
      {"set_robust_list", "there is no robust mutex"},
      {"uname", "the kernel is taken to be new enough"},
      {"wait4", "of a child that init reaps once pidns has ended"},
      {"write /memfd:err", "the message is lost, the status is not"},
      {"write pipe", "a child that cannot report to its parent says itself what has failed"},
  };
  return rules;
}

/// These are not made to fail.
const std::vector<Rule>& unfailing_calls() {
  static const std::vector<Rule> rules{
#ifdef PIDNS_SANITIZED
      {"madvise", "is the sanitizer's"},
      {"mmap", "is the sanitizer's, which gives up when it gets no memory"},
      {"munmap", "is the sanitizer's, which gives up"},
      {"sigaltstack", "is the sanitizer's, which gives up"},
#endif
      {"exit_group", "does not return"},
      {"futex", "wakes no thread, as there is no other; the C library gives up on what it never returns"},
      {"fcntl 1 ", "F_GETFD fails for a closed descriptor alone, and that is what the message says"},
      {"getegid", "cannot fail"},
      {"geteuid", "cannot fail"},
      {"getpgrp", "cannot fail"},
      {"getpid", "cannot fail"},
      {"getppid", "cannot fail"},
      {"gettid", "cannot fail"},
      {"ptrace", "fails only for a thread that has gone, or at the first call: refused_calls_test.cpp"},
      {"rt_sigreturn", "is the way back from a handler and returns nothing"},
  };
  return rules;
}

bool applies(const Rule& rule, const Call& call) {
  return call.name.find(rule.call) != std::string::npos;
}

bool is_in(const std::vector<Rule>& rules, const Call& call) {
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) { return applies(rule, call); });
}

/// Calls for --json-status-fd alone, which does not concern COMMAND.
bool only_warns(const Fault& fault) {
  return fault.call.name == "newfstatat /proc" || fault.call.name.starts_with("write /dev/null");
}

/// A message that names the step and the reason, and the status of a failure.
bool is_reported(const Fault& fault, const TracedResult& result, const TracedResult& undisturbed) {
  const bool fails_to_execute = fault.call.name.starts_with("execve");
  const ExitStatus failed{.killed = false,
                          .value = fails_to_execute ? pidns::status_cannot_execute : pidns::status_failed};
  const ExitStatus expected = only_warns(fault) ? undisturbed.ending : failed;
  const std::string reason = std::string(": ") + std::strerror(fault.error);
  const std::vector<std::string> said = lines(result.err);
  return result.ending == expected && std::count_if(said.begin(), said.end(), [&](const std::string& line) {
                                        return line.starts_with("pidns: ") && line.ends_with(reason) &&
                                               line.size() > std::string("pidns: ").size() + reason.size();
                                      }) == 1;
}

/// Where kill(2) is refused, the signal is queued as by sigqueue(3), and COMMAND sees its si_code.
std::string with_usual_code(std::string out) {
  const std::string queued = " code -1 ";
  const auto start = out.find(queued);
  return start == std::string::npos ? out : out.replace(start, queued.size(), " code 0 ");
}

}  // namespace

bool never_fails(const Call& call) {
  // glibc calls it in fork(3), too, from 2.41 on, and does not look whether it failed.
  constexpr bool forks_with_mask = __GLIBC_PREREQ(2, 41);
  return is_in(unfailing_calls(), call) || (forks_with_mask && call.name.starts_with("rt_sigprocmask"));
}

bool same(const TracedResult& one, const TracedResult& other) {
  return one.ending == other.ending && one.out == other.out && one.err == other.err;
}

Outcome judge_own(const Fault& fault, Moment moment, const TracedResult& result,
                  const TracedResult& undisturbed) {
  if (result.survivors != 0) {
    return Outcome::wrong;
  }
  // If pidns cannot die of the signal, it exits with the status that a shell reports for it.
  const std::string out = fault.call.name == "kill" ? with_usual_code(result.out) : result.out;
  const bool same_end = result.status() == undisturbed.status() && out == undisturbed.out;
  if (moment == Moment::after_exec) {
    return same_end ? Outcome::as_without : Outcome::wrong;
  }
  // The parent continues as soon as the child has executed COMMAND, and its next call may be seen first.
  const bool may_go_on = is_in(harmless_calls(), fault.call) || fault.error == EINTR || result.executed;
  if (may_go_on && same_end) {
    return Outcome::as_without;
  }
  return !result.executed && is_reported(fault, result, undisturbed) ? Outcome::message : Outcome::wrong;
}

Outcome judge_startup(const TracedResult& result, const TracedResult& undisturbed) {
  if (same(result, undisturbed)) {
    return Outcome::as_without;
  }
  return result.ending != ExitStatus{} && result.processes == 1 && result.out.empty() ? Outcome::message
                                                                                      : Outcome::wrong;
}

}  // namespace faults
