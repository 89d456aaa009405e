#include "signal_tools.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>

#include "support/catch.hpp"

namespace signal_tools {

using namespace harness;
using ::pidns::SignalSet;

Command directly(Command command) {
  return command;
}

Command in_pidns(Command command) {
  return harness::pidns(std::move(command));
}

Command as_pid_1(Command command) {
  return harness::pidns_as_pid_1(std::move(command));
}

const std::vector<Form>& forms() {
  static const std::vector<Form> both{{"", in_pidns}, {"--fork --mount-proc", as_pid_1}};
  return both;
}

Command probe(const std::string& use, int signal, const std::string& also) {
  // A copy: the user nobody may be unable to enter the directory of the build.
  static const TemporaryDirectory directory;
  const std::string copy = directory.path() + "/signal_probe";
  std::filesystem::copy_file(std::filesystem::read_symlink("/proc/self/exe").parent_path() / "signal_probe",
                             copy, std::filesystem::copy_options::skip_existing);
  Command command{copy, use, std::to_string(signal)};
  if (!also.empty()) {
    command.push_back(also);
  }
  return command;
}

int fence_of(int signal) {
  return signal == 64 ? 63 : 64;  // as in signal_probe.cpp
}

std::vector<int> catchable_signals() {
  std::vector<int> signals;
  for (int signal = 1; signal <= ::pidns::last_signal; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) {
      signals.push_back(signal);
    }
  }
  return signals;
}

bool stops(int signal) {
  return ::pidns::default_action(signal) == ::pidns::DefaultAction::stop;
}

bool kills(int signal) {
  return ::pidns::default_action(signal) == ::pidns::DefaultAction::terminate;
}

void change_mask(int how, SignalSet signals) {
  const std::uint64_t bits = signals.bits();
  ::syscall(SYS_rt_sigprocmask, how, &bits, nullptr, sizeof bits);
}

void ignore(int signal) {
  const struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    std::uint64_t mask;
  } action{SIG_IGN, 0, nullptr, 0};
  ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
}

bool queue_signal(pid_t pid, int signal, std::uint64_t payload) {
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_ptr = reinterpret_cast<void*>(payload);  // NOLINT: passed on, never followed
  return ::syscall(SYS_rt_sigqueueinfo, pid, signal, &info) == 0;
}

SignalSet signal_field(pid_t pid, std::string_view key) {
  const std::string value = status_field(pid, key);
  return SignalSet(value.empty() ? 0 : std::stoull(value, nullptr, 16));
}

void wait_until_taken(pid_t pid, int signal) {
  wait_until("signal " + std::to_string(signal) + " to be taken", [&] {
    const SignalSet pending = signal_field(pid, "ShdPnd") | signal_field(pid, "SigPnd");
    const char state = process_state(pid);
    return !pending.contains(signal) || state == 'Z' || state == '\0';
  });
}

std::string to_text(const ExitStatus& ending) {
  return (ending.killed ? "killed by " : "exited with ") + std::to_string(ending.value) + "\n";
}

std::string to_text(const Result& result) {
  return result.out + result.err + to_text(result.ending);
}

Comparison::~Comparison() {
  std::cout << title_ << ": " << cells_ << " cells, " << equal_ << " equal\n";
}

void Comparison::add(const std::string& name, const std::string& direct, const std::string& inside) {
  INFO(title_ << ": " << name);
  CHECK(inside == direct);
  ++cells_;
  equal_ += inside == direct ? 1 : 0;
}

}  // namespace signal_tools
