#include "pidns/supervise/init.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "pidns/explain/signal_text.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"

namespace pidns {

namespace {

class Init {
 public:
  // The pidfd is opened here, while COMMAND cannot have been reaped yet.
  Init(ChildProcess& command, UniqueFd& channel, Narrator& narrator)
      : command_(command), pidfd_(command.pidfd()), channel_(channel), narrator_(narrator) {}

  ExitStatus run() {
    const UniqueFd signals = sys::open_signalfd(SignalSet::all());
    while (true) {
      // Before the first wait too: the SIGCHLD of a command that has ended already may have been discarded.
      reap();
      if (status_) {
        return *status_;
      }
      sys::wait_readable({&signals, &channel_});
      while (const auto signal = sys::read_signal(signals)) {
        handle(*signal);
      }
      read_channel();
    }
  }

 private:
  /// Reaps orphans too: the kernel has made them our children. After COMMAND's end it takes care of them
  /// itself.
  void reap() {
    while (!status_) {
      const auto change = sys::wait_for_any_child();
      if (!change) {
        return;
      }
      if (change->si_pid == command_.pid()) {
        note_command(change->si_code, change->si_status);
      }
    }
  }

  void note_command(int code, int value) {
    stopped_ = code == CLD_STOPPED;
    if (code == CLD_CONTINUED) {
      return;
    }
    if (stopped_) {
      unanswered_stop_ = true;
      ++stops_told_;
      report({.kind = InitMessage::Kind::stopped, .value = value});
      return;
    }
    command_.set_reaped();
    status_ = ExitStatus{.killed = code != CLD_EXITED, .value = value};
    report({.kind = status_->killed ? InitMessage::Kind::killed : InitMessage::Kind::exited, .value = value});
  }

  void handle(const signalfd_siginfo& signal) {
    const int number = static_cast<int>(signal.ssi_signo);
    if (is_about_own_child(number, signal.ssi_code) || (number == SIGCONT && answers_a_stop())) {
      return;
    }
    // A `kill 0` inside cannot be told from a `kill 1`, which must not be lost.
    constexpr bool sent_to_group = false;
    if (origin_of(number, signal.ssi_code, sent_to_group) == Origin::process) {
      narrator_.narrate(describe_signal_to_command, number, command_.pid());
      sys::pass_on(pidfd_, signal);
    }
  }

  /// Whether a SIGCONT is the shell's, which continues the whole group of a stopped job: COMMAND has got its
  /// own.
  bool answers_a_stop() {
    reap();
    const bool was_unanswered = std::exchange(unanswered_stop_, stopped_);
    // Stopped anew already: when the outer pidns, which stops as well, is continued, it will tell us.
    return stopped_ ? channel_.valid() : was_unanswered;
  }

  void read_channel() {
    if (!channel_.valid()) {
      return;
    }
    if (sys::has_hung_up(channel_)) {
      channel_.reset();
      return;
    }
    while (const auto answer = receive_message(channel_)) {
      reap();
      // Ignore answers to earlier stops: COMMAND was continued and stopped again meanwhile.
      if (answer->value != stops_told_) {
        continue;
      }
      unanswered_stop_ = false;
      if (stopped_) {
        sys::send_signal(pidfd_, SIGCONT);
      }
    }
  }

  void report(const InitMessage& message) const {
    if (channel_.valid()) {
      send_message(channel_, message);
    }
  }

  ChildProcess& command_;
  const UniqueFd& pidfd_;
  UniqueFd& channel_;
  Narrator& narrator_;
  bool stopped_ = false;
  int stops_told_ = 0;
  bool unanswered_stop_ = false;  // COMMAND has been stopped, and no SIGCONT has come since
  std::optional<ExitStatus> status_;
};

}  // namespace

void send_message(const UniqueFd& channel, const InitMessage& message) {
  sys::send_packet(channel,
                   {reinterpret_cast<const char*>(&message), sizeof message});  // NOLINT: bytes of plain data
}

std::optional<InitMessage> receive_message(const UniqueFd& channel) {
  InitMessage message{};
  return sys::receive_packet(channel, &message, sizeof message) ? std::optional(message) : std::nullopt;
}

ExitStatus run_init(ChildProcess& command, UniqueFd& channel, Narrator& narrator) {
  return Init(command, channel, narrator).run();
}

}  // namespace pidns
