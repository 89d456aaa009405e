#include "pidns/supervise/supervisor.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "pidns/explain/signal_text.hpp"
#include "pidns/signal/dispositions.hpp"
#include "pidns/signal/sender.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/supervise/init.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int shortest_pause = 1;  // milliseconds
constexpr int longest_pause = 64;
constexpr std::chrono::milliseconds time_to_wait_again{30};
constexpr std::chrono::milliseconds time_to_be_sure{700};  // also where PID 1 has to wait for a processor

/// A signal of which it is not clear yet whether PID 1 takes it.
struct Watched {
  int signal;
  Clock::time_point pending_until;                   // when it was last seen pending
  std::optional<Clock::time_point> dropped_since{};  // when PID 1 was first seen to hold it no more
};

bool is_deadly(int signal) {
  return default_action(signal) == DefaultAction::terminate;
}

class Supervisor {
 public:
  Supervisor(Process& init, UniqueFd& channel, const UniqueFd& proc, Terminal& terminal,
             const Options& options, Narrator& narrator, Log& log)
      : init_(init),
        channel_(channel),
        proc_(proc),
        terminal_(terminal),
        options_(options),
        narrator_(narrator),
        log_(log) {}

  ExitStatus run() {
    const UniqueFd signals = sys::open_signalfd(SignalSet::all());
    const UniqueFd& pidfd = init_.pidfd();
    // Not earlier: what is opened while 0 and 1 are free has to be moved away from there.
    sys::close_stdin_and_stdout();
    while (true) {
      sys::wait_readable({&signals, &pidfd, &channel_}, watched_.empty() ? -1 : pause_);
      // One at a time: a PID 1 in the background that reads the terminal is sent SIGTTIN without end until it
      // is stopped.
      if (const auto signal = sys::read_signal(signals)) {
        handle(*signal);
      }
      look_at_watched();
      read_channel();
      const siginfo_t change = sys::wait_for(pidfd, WEXITED | WSTOPPED | WNOHANG);
      if (change.si_pid == 0) {
        continue;
      }
      if (change.si_code == CLD_STOPPED) {
        log_.debug("{} was stopped", child_name());
        stop(stop_signal_ != 0 ? std::exchange(stop_signal_, 0) : change.si_status);
        continue;
      }
      init_.set_reaped();
      read_channel();
      const ExitStatus init{.killed = change.si_code != CLD_EXITED, .value = change.si_status};
      const ExitStatus own = ending(init);
      narrator_.narrate(describe_ending, receiver(), init, own);
      return own;
    }
  }

 private:
  void handle(const signalfd_siginfo& signal) {
    const int number = static_cast<int>(signal.ssi_signo);
    // Our own SIGPIPE is that of a reader of our messages that has gone. Other signals of our own PID were
    // sent before it executed us, and have waited for the command.
    const bool own = static_cast<pid_t>(signal.ssi_pid) == ::getpid();
    if (is_about_own_child(number, signal.ssi_code) ||
        (own && number == SIGPIPE && signal.ssi_code == SI_USER)) {
      return;
    }
    const Origin origin =
        shares_our_group() ? origin_of(number, signal.ssi_code,
                                       sent_from_descendant_pidns(proc_, static_cast<pid_t>(signal.ssi_pid)))
                           : Origin::process;
    // Made before the signal is passed on: its handler may change what PID 1 does with it.
    const auto dispositions = read_relevant_dispositions(number);
    const Decision decision = dispositions ? relay_decision(number, origin, *dispositions)
                                           : Decision{.relay = origin == Origin::process};
    // A PID 1 that reads the terminal in the background is sent SIGTTIN again and again until it stops.
    if (!is_watched(number) && number != stop_signal_) {
      log_.debug("{}: {} {}{}", signal_name(number), decision.relay ? "relayed to" : "has reached already",
                 child_name(),
                 decision.apply_default ? ", which has no use for it: applying the default action"
                 : decision.watch       ? ", which may be holding it"
                                        : "");
      explain(signal, origin, decision, dispositions);
    }
    if (number == SIGCONT) {
      forget_stop_signals();
    }
    if (decision.relay) {
      sys::pass_on(init_.pidfd(), signal);
    }
    if (decision.watch || (decision.apply_default && holds(number))) {
      if (!is_watched(number) && !has_signalfd(proc_, seen().proc_pid, number)) {
        watch(number);
      }
    } else if (decision.apply_default && is_deadly(number) && is_any_deadly_watched()) {
      watch(number);  // an ordinary process dies of the first, which may be one of those
    } else if (decision.apply_default) {
      apply_default(number);
    }
  }

  /// PID 1 as /proc has it. Looked up with the first signal: most commands never get one.
  const ProcessIds& seen() {
    if (!seen_) {
      seen_ = process_ids(proc_, init_);
    }
    return *seen_;
  }

  [[nodiscard]] std::string_view child_name() const { return options_.join ? "the command" : "PID 1"; }

  [[nodiscard]] Receiver receiver() const {
    return options_.join   ? Receiver::joined_command
           : options_.init ? Receiver::pidns_as_init
                           : Receiver::init;
  }

  /// What PID 1 does with signals; nothing when it is gone, or when that makes no difference.
  std::optional<Dispositions> read_relevant_dispositions(int signal) {
    // A PID 1 of our own has a use for every signal, and to a command that is no PID 1 the kernel does by
    // itself what is to be done. Where that is nothing, only a reader wants to know.
    const bool only_to_tell = default_action(signal) == DefaultAction::ignore && !narrator_.observer();
    return channel_.valid() || options_.join || only_to_tell ? std::nullopt
                                                             : read_dispositions(proc_, seen());
  }

  void explain(const signalfd_siginfo& signal, Origin origin, const Decision& decision,
               const std::optional<Dispositions>& dispositions) {
    const int number = static_cast<int>(signal.ssi_signo);
    // The terminal sends some again and again, as at each change of its size, and nothing follows from them.
    // Nor does anything when PID 1 has been killed already.
    const bool matters = decision.relay || default_action(number) != DefaultAction::ignore;
    if (matters && fatal_signal_ == 0) {
      const Sender sender{
          .origin = origin, .code = signal.ssi_code, .pid = static_cast<pid_t>(signal.ssi_pid)};
      narrator_.narrate(describe_signal, number, sender, receiver(), decision, dispositions);
    }
  }

  /// Whether PID 1 gets what is sent to our process group. Not with --new-session, nor when it is a shell
  /// with jobs.
  [[nodiscard]] bool shares_our_group() const { return ::getpgid(init_.pid()) == ::getpgrp(); }

  /// Whether PID 1 has kept a signal that it seemed to have no use for when we looked before.
  bool holds(int signal) {
    const auto dispositions = read_dispositions(proc_, seen());
    return dispositions && may_be_held(signal, *dispositions);
  }

  /// A signal that PID 1 blocks is lost if it is unblocked without a handler, as a shell does around each
  /// fork. No event tells, so we look again and again, less and less often.
  void watch(int signal) {
    if (!is_watched(signal)) {
      watched_.push_back({.signal = signal, .pending_until = Clock::now()});
      pause_ = shortest_pause;
    }
  }

  [[nodiscard]] bool is_watched(int signal) const {
    return std::any_of(watched_.begin(), watched_.end(),
                       [&](const Watched& other) { return other.signal == signal; });
  }

  [[nodiscard]] bool is_any_deadly_watched() const {
    return std::any_of(watched_.begin(), watched_.end(),
                       [](const Watched& watched) { return is_deadly(watched.signal); });
  }

  /// A process that is continued loses the stop signals that it has not taken: prepare_signal()
  /// in kernel/signal.c.
  void forget_stop_signals() {
    stop_signal_ = 0;
    std::erase_if(watched_, [](const Watched& watched) {
      return default_action(watched.signal) == DefaultAction::stop;
    });
  }

  void look_at_watched() {
    if (watched_.empty()) {
      return;
    }
    const auto dispositions = read_dispositions(proc_, seen());
    if (!dispositions) {
      watched_.clear();
      return;
    }
    pause_ = std::min(pause_ * 2, longest_pause);
    const auto decided = [&](Watched& watched) {
      const Fate fate = judge(watched, fate_of(watched.signal, *dispositions));
      if (fate == Fate::dropped) {
        log_.debug("{}: dropped by PID 1: applying the default action", signal_name(watched.signal));
        apply_default(watched.signal);
      }
      return fate != Fate::pending;
    };
    watched_.erase(std::remove_if(watched_.begin(), watched_.end(), decided), watched_.end());
  }

  /// Believes what is only probable once it has looked so for a time.
  Fate judge(Watched& watched, Fate fate) {
    const auto now = Clock::now();
    if (fate == Fate::pending) {
      watched.pending_until = now;
    }
    if (fate != Fate::dropped && fate != Fate::probably_dropped) {
      watched.dropped_since.reset();
      const bool unsure = fate == Fate::probably_taken && now - watched.pending_until < time_to_be_sure;
      return unsure ? Fate::pending : fate;
    }
    // One look proves nothing: PID 1 may wait for the signal again and again, for a moment each.
    if (!watched.dropped_since) {
      watched.dropped_since = now;
      pause_ = shortest_pause;
    }
    const auto enough = fate == Fate::dropped ? time_to_wait_again : time_to_be_sure;
    return now - *watched.dropped_since < enough ? Fate::pending : Fate::dropped;
  }

  /// --init: what COMMAND does, which PID 1 alone can see.
  void read_channel() {
    // PID 1 hangs up before its end can be waited for: the kernel ends all others first, and poll(2) would
    // not wait for that. Asked first, as a last message may come before the hang-up.
    const bool hung_up = channel_.valid() && sys::has_hung_up(channel_);
    bool continued = false;
    while (const auto message = channel_.valid() ? receive_message(channel_) : std::nullopt) {
      if (message->kind != InitMessage::Kind::stopped) {
        command_ending_ =
            ExitStatus{.killed = message->kind == InitMessage::Kind::killed, .value = message->value};
        continue;
      }
      ++stops_heard_;
      if (!continued) {  // what was told while we were stopped is over now
        stop(message->value);
        continued = true;
      }
    }
    if (continued) {
      send_message(channel_, {.kind = InitMessage::Kind::continue_again, .value = stops_heard_});
    }
    if (hung_up) {
      channel_.reset();
    }
  }

  void apply_default(int signal) {
    if (default_action(signal) == DefaultAction::stop) {
      // We follow once it has stopped: a shell told earlier would read the terminal together with PID 1.
      if (std::exchange(stop_signal_, signal) == 0) {
        narrator_.narrate(describe_default_action, signal);
      }
      sys::send_signal(init_.pidfd(), SIGSTOP);
    } else if (fatal_signal_ == 0) {  // an ordinary process dies of the first
      fatal_signal_ = signal;
      narrator_.narrate(describe_default_action, signal);
      sys::send_signal(init_.pidfd(), SIGKILL);
    }
  }

  /// Stops this process with a signal, and goes on, PID 1 with it, when someone continues us.
  void stop(int signal) {
    // A shell outside gives us the foreground again, but cannot know that a shell inside had passed it on.
    const pid_t group = terminal_.foreground();
    const bool was_inside = is_in_descendant_pidns(proc_, group);
    narrator_.narrate(describe_stop, signal, receiver());
    while (!sys::stop_this_process(signal, [&] { return is_command_stopped(); }) && is_stopped()) {
    }
    forget_stop_signals();
    if (was_inside) {
      terminal_.pass_to(group);
    }
    narrator_.narrate(describe_continuation, receiver());
    // The shell may have continued the whole group; a second SIGCONT would run a handler of PID 1 twice.
    if (is_stopped()) {
      sys::send_signal(init_.pidfd(), SIGCONT);
    }
  }

  /// Whether PID 1 is stopped or about to be, as far as can be read.
  bool is_stopped() {
    const auto status = read_status(proc_, seen().proc_pid);
    return !status || status->state == 'T' || status->pending.contains(SIGSTOP);
  }

  /// Whether what we stop for is stopped still. A shell that has started us through another one looks at that
  /// one alone, and may continue the job before we have stopped.
  bool is_command_stopped() {
    const std::optional<pid_t> command =
        options_.init ? read_oldest_child(proc_, seen().proc_pid) : seen().proc_pid;
    if (!command) {
      return true;
    }
    const auto status = read_status(proc_, *command);
    return status && (status->state == 'T' || status->state == 't');
  }

  [[nodiscard]] ExitStatus ending(const ExitStatus& init) const {
    if (command_ending_) {
      return *command_ending_;
    }
    // Also if it exits by itself before our SIGKILL: an ordinary process was dead by then.
    return fatal_signal_ != 0 ? ExitStatus{.killed = true, .value = fatal_signal_} : init;
  }

  Process& init_;
  std::optional<ProcessIds> seen_;
  UniqueFd& channel_;
  const UniqueFd& proc_;
  Terminal& terminal_;
  const Options& options_;
  Narrator& narrator_;
  Log& log_;
  int stops_heard_ = 0;  // of COMMAND, from the PID 1 of --init
  std::optional<ExitStatus> command_ending_;
  int fatal_signal_ = 0;  // the signal whose default action has ended PID 1
  int stop_signal_ = 0;   // the signal that stops us too once PID 1 has stopped
  std::vector<Watched> watched_;
  int pause_ = shortest_pause;
};

}  // namespace

ExitStatus supervise(Process& child, UniqueFd& channel, const UniqueFd& proc, Terminal& terminal,
                     const Options& options, Narrator& narrator, Log& log) {
  return Supervisor(child, channel, proc, terminal, options, narrator, log).run();
}

}  // namespace pidns
