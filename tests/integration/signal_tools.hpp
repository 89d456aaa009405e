#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness.hpp"
#include "pidns/util/signal_set.hpp"

/// What the tests of signals have in common. glibc refuses signals 32 and 33 here and there, so this asks the
/// kernel itself.
namespace signal_tools {

using Command = std::vector<std::string>;
/// How a command is run: directly, or under pidns.
using Wrapper = std::function<Command(Command)>;

Command directly(Command command);
/// Below the PID 1 of pidns.
Command in_pidns(Command command);
/// As PID 1 itself.
Command as_pid_1(Command command);

/// A way to run a command, and how pidns is told to.
struct Form {
  std::string options;
  Wrapper wrap;
};

/// The bare line, and the line that names its steps.
const std::vector<Form>& forms();

/// signal_probe.cpp, where everyone may execute it.
Command probe(const std::string& use, int signal, const std::string& also = {});
/// The signal that ends a probe.
int fence_of(int signal);

/// 1 to 64 without SIGKILL and SIGSTOP.
std::vector<int> catchable_signals();
bool stops(int signal);
bool kills(int signal);

void change_mask(int how, pidns::SignalSet signals);
void ignore(int signal);
/// sigqueue(3). @return false when too many are queued already
bool queue_signal(pid_t pid, int signal, std::uint64_t payload);

/// A set of signals in the status of a process; empty when it is gone.
pidns::SignalSet signal_field(pid_t pid, std::string_view key);
/// Waits until a process has taken a signal that was sent to it, or has ended.
void wait_until_taken(pid_t pid, int signal);
/// `exited with 3\n`, `killed by 15\n`
std::string to_text(const harness::ExitStatus& ending);
/// Everything a command has written, and its end.
std::string to_text(const harness::Result& result);

/// Cases that are run directly and under pidns: fails the test for each that differs, and counts them.
class Comparison {
 public:
  explicit Comparison(std::string title) : title_(std::move(title)) {}
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;
  /// Prints how many there were and how many were equal.
  ~Comparison();

  void add(const std::string& name, const std::string& direct, const std::string& inside);
  [[nodiscard]] int cells() const { return cells_; }

 private:
  std::string title_;
  int cells_ = 0;
  int equal_ = 0;
};

}  // namespace signal_tools
