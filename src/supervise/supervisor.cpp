#include "pidns/supervise/supervisor.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "pidns/explain/signal_text.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/signal/dispositions.hpp"
#include "pidns/signal/sender.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/supervise/delivery_watch.hpp"
#include "pidns/supervise/handler_watch.hpp"
#include "pidns/supervise/init.hpp"
#include "pidns/supervise/own_status.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/signal_set.hpp"

namespace pidns {

namespace {

/// The smaller of two timeouts of poll(2).
int sooner(int one, int other) {
  return one < 0 ? other : other < 0 ? one : std::min(one, other);
}

class Supervisor {
 public:
  explicit Supervisor(const Supervised& supervised) : supervised_(supervised), watch_(supervised.proc) {}

  Ending run() {
    if (needs_dispositions()) {
      status_file_ = open_status(proc(), target().proc_pid);
      read_status_again(status_file_);  // what it takes is in memory from now on
    }
    sys::close_stdin_and_stdout();
    sys::leave_directory();
    while (!ended_) {
      sys::wait_readable({&supervised_.signals, &channel()}, sooner(watch_.pause(), handlers_.pause()));
      // One at a time: a PID 1 that reads the terminal in the background gets SIGTTIN until it is stopped.
      if (const auto signal = sys::next_signal(supervised_.signals)) {
        handle(*signal);
      }
      read_channel();
      if (watch_.is_attached()) {
        watch_deliveries();
      }
      // Again and again: while we are stopped, and as we are continued, the SIGCHLD of the next is lost.
      while (!watch_.is_attached() && !ended_ &&
             follow(sys::wait_for(child().pid(), WEXITED | WSTOPPED | WNOHANG))) {
      }
      tell_reset_handlers();
    }
    return finish(*ended_);
  }

 private:
  /// Follows a change of state of PID 1. @return false when there is none
  bool follow(const siginfo_t& change) {
    if (change.si_code == CLD_STOPPED) {
      log().debug("{} was stopped", child_name());
      stop(stop_signal_ != 0 ? std::exchange(stop_signal_, 0) : change.si_status);
    } else if (change.si_pid != 0 && change.si_code != CLD_TRAPPED) {
      ended_ = change;
    }
    return change.si_pid != 0;
  }

  Ending finish(const siginfo_t& end) {
    child().set_reaped();
    read_channel();
    const ExitStatus init = exit_status_of(end);
    const ExitStatus own = own_status(init, {.told = command_status_,
                                             .applied = fatal_signal_,
                                             .received = deadly_seen_,
                                             .struck = struck_ & watch_.undecided()});
    narrator().narrate(describe_ending, supervised_.receiver, init, own);
    return {.status = own, .left = left_};
  }

  /// Follows the threads of PID 1 while a signal is undecided.
  void watch_deliveries() {
    const auto pending = watch_.read_pending();
    while (watch_.is_attached() && !ended_) {
      const siginfo_t change = sys::wait_for_any_thread();
      if (change.si_pid == 0) {
        break;
      }
      if (change.si_pid == child().pid()) {
        follow(change);
      }
      watch_.handle(change, [&](int signal) {
        log().debug("{}: discarded by PID 1: applying the default action", signal_name(signal));
        apply_default(signal);
      });
    }
    watch_.settle(pending);
  }

  /// --explain: what the kernel silently discards when PID 1 sends it to itself.
  void tell_reset_handlers() {
    if (handlers_.pause() < 0 || ended_) {
      return;
    }
    const auto status = read_status_again(status_file_);
    const SignalSet handled = status ? status->caught | status->ignored : SignalSet::all();
    for (const int signal : handlers_.take_reset(handled)) {
      narrator().narrate(describe_reset_handler, signal);
    }
  }

  void handle(const sys::ReceivedSignal& signal) noexcept {
    // Our own SIGPIPE says that the reader of our messages has gone. Other signals from our own PID were sent
    // before it executed pidns, and are for the command.
    const bool about_our_messages =
        signal.sender == ::getpid() && signal.number == SIGPIPE && signal.code == SI_USER;
    if (is_about_own_child(signal.number, signal.code) || about_our_messages) {
      return;
    }
    try {
      respond(signal);
    } catch (const std::exception&) {  // no memory: do without whatever else there was to be done
      sys::pass_on(child().pid(), signal);
    }
  }

  void respond(const sys::ReceivedSignal& signal) {
    const int number = signal.number;
    // First of all: what has reached the whole group is handled at this moment, and a command that ends
    // because of it soon sets its handlers back.
    const auto first_look = read_status_again(status_file_);
    const Origin origin = origin_of(signal);
    // Before it is passed on: its handler may change what PID 1 does with it.
    const auto dispositions = read_relevant_dispositions(number, origin, first_look);
    const Decision decision = dispositions ? relay_decision(number, origin, *dispositions)
                                           : Decision{.relay = origin == Origin::process};
    if (number == SIGCONT) {
      forget_stop_signals();
    }
    // Beside one that is held already, the kernel decides which is delivered first.
    const bool undecided = is_undecided(decision) || (decision.apply_default && watch_.is_attached());
    const bool told_before = watch_.holds(number) || number == stop_signal_;
    const bool will_be_read = undecided && will_read(number, *dispositions);
    const bool watched = undecided && !will_be_read && number != stop_signal_ && watch(number, *dispositions);
    const bool kept =
        will_be_read || (decision.watch && !watched && keeps(proc(), target(), number, *dispositions));
    // What has reached PID 1 before we watched, and is neither blocked nor pending, may have been discarded:
    // a handler that runs twice is better than a signal that is lost.
    const bool may_be_gone = watched && !may_be_kept(number, *dispositions);
    const bool in_doubt =
        may_be_gone && !decision.relay && !watch_.read_pending().value_or(SignalSet()).contains(number);
    deadly_seen_ = deadly_seen_ | deadly(number);
    struck_ = may_be_gone && origin == Origin::group ? struck_ | deadly(number) : struck_ & ~deadly(number);
    const bool relays = decision.relay || in_doubt;
    if (relays) {
      pass_on(signal);
    }
    const bool applies_default = !watched && (decision.apply_default || (decision.watch && !kept));
    if (!told_before) {
      report(signal, origin, {relays, applies_default, watched && !decision.watch_handler}, dispositions);
    }
    if (narrator().observer() && dispositions && (dispositions->caught & deadly(number)) != SignalSet()) {
      handlers_.add(number);
    }
    if (applies_default) {
      apply_default(number);
    }
  }

  Origin origin_of(const sys::ReceivedSignal& signal) {
    if (is_hangup_of_leader(signal.number, signal.code, ::getsid(0) == ::getpid()) || !shares_our_group()) {
      return Origin::process;
    }
    // With --init it is PID 1 that finds out what comes from inside.
    const bool may_be_inside = signal.code == SI_USER && !has_init();
    return is_from_terminal(signal.number, signal.code) ||
                   (may_be_inside && is_certainly_inside(proc(), signal.sender))
               ? Origin::group
               : Origin::process;
  }

  void pass_on(const sys::ReceivedSignal& signal) {
    const pid_t pid = child().pid();
    // What the terminal sends does not reach a session of its own, so its group gets that from us.
    if (is_from_terminal(signal.number, signal.code) && !shares_our_group() &&
        sys::send_signal_to_group(pid, signal.number)) {
      return;
    }
    const InitMessage message{.kind = InitMessage::Kind::signal,
                              .value = signal.number,
                              .sender = signal.code == SI_USER ? signal.sender : 0};
    if (signal.has_payload() || !has_init() || !send_message(channel(), message)) {
      sys::pass_on(pid, signal);
    }
  }

  bool will_read(int signal, const Dispositions& dispositions) {
    return dispositions.blocked.contains(signal) && has_signalfd(proc(), target().proc_pid, signal);
  }

  /// Attaches to PID 1 to see what it does with a signal. @return false if it cannot be seen
  bool watch(int signal, const Dispositions& dispositions) {
    if (!watch_.attach(target())) {
      return false;
    }
    watch_.add(signal, dispositions.caught | dispositions.ignored);
    return true;
  }

  const ProcessIds& target() {
    if (!target_) {
      target_ = ids_of_child(proc(), child().pid());
    }
    return *target_;
  }

  [[nodiscard]] std::string_view child_name() const { return is_joined() ? "the command" : "PID 1"; }

  /// What PID 1 does with signals; nothing when it is gone, or when that makes no difference.
  std::optional<Dispositions> read_relevant_dispositions(int signal, Origin origin,
                                                         const std::optional<ProcStatus>& first_look) {
    // Where the default is to do nothing, only the narration needs them.
    const bool only_to_tell = default_action(signal) == DefaultAction::ignore && !narrator().observer();
    if (!needs_dispositions() || only_to_tell) {
      return std::nullopt;
    }
    const auto first = first_look ? std::optional(dispositions_of(*first_look)) : std::nullopt;
    auto found = sys::or_default_on_error([&] { return read_dispositions(proc(), target()); });
    if (!found) {
      return first;
    }
    if (first && origin == Origin::group) {
      found->caught = found->caught | first->caught;
      found->ignored = found->ignored | first->ignored;
    }
    return found;
  }

  /// A PID 1 of our own has a use for every signal, and the kernel itself applies default actions to a
  /// command that is not PID 1.
  [[nodiscard]] bool needs_dispositions() const { return supervised_.receiver == Receiver::init; }

  void report(const sys::ReceivedSignal& signal, Origin origin, const Decision& decision,
              const std::optional<Dispositions>& dispositions) {
    const int number = signal.number;
    log().debug("{}: {} {}{}", signal_name(number), decision.relay ? "relayed to" : "has already reached",
                child_name(),
                decision.apply_default ? ", which has no use for it: applying the default action"
                : decision.watch       ? ", which may be holding it"
                                       : "");
    // The terminal sends some repeatedly, as at each change of its size, and they have no effect; nor has any
    // signal once PID 1 has been killed. The PID 1 of --init tells by itself what it passes on.
    const bool matters = decision.relay ? !has_init() : default_action(number) != DefaultAction::ignore;
    if (matters && fatal_signal_ == 0) {
      const Sender sender{.origin = origin, .code = signal.code, .pid = signal.sender};
      narrator().narrate(describe_signal, number, sender, supervised_.receiver, decision, dispositions);
    }
  }

  /// Whether PID 1 gets what is sent to our process group. Not with --new-session, nor when it is a shell
  /// with jobs.
  [[nodiscard]] bool shares_our_group() const { return ::getpgid(child().pid()) == ::getpgrp(); }

  void forget_stop_signals() {
    stop_signal_ = 0;
    watch_.remove_stop_signals();
  }

  /// --init: what COMMAND does, which PID 1 alone can see.
  void read_channel() {
    // PID 1 hangs up before its end can be waited for: the kernel ends all others first, and poll(2) would
    // not wait for that. Asked first, as a last message may come before the hang-up.
    const bool hung_up = channel().valid() && sys::has_hung_up(channel());
    bool continued = false;
    while (const auto message = receive_message(channel())) {
      switch (message->kind) {
        case InitMessage::Kind::exited:
        case InitMessage::Kind::killed:
          command_status_ =
              ExitStatus{.killed = message->kind == InitMessage::Kind::killed, .value = message->value};
          left_ = message->left == InitMessage::unknown ? std::nullopt : std::optional(message->left);
          break;
        case InitMessage::Kind::received:
          tell_what_we_received(*message);
          break;
        default:
          ++stops_heard_;
          if (!continued) {  // later stops were reported while we were stopped, and are over
            stop(message->value);
            continued = true;
          }
      }
    }
    if (hung_up || (continued && !send_message(channel(), {.kind = InitMessage::Kind::continue_again,
                                                           .value = stops_heard_}))) {
      channel().reset();  // which continues COMMAND as well
    }
  }

  /// PID 1 has received a signal, and asks whether we have as well.
  void tell_what_we_received(const InitMessage& question) {
    constexpr int at_most = 64;  // more may come all the time
    for (int i = 0; i < at_most; ++i) {
      const auto signal = sys::next_signal(supervised_.signals);
      if (!signal) {
        break;
      }
      handle(*signal);
    }
    if (!send_message(
            channel(),
            {.kind = InitMessage::Kind::told, .value = question.value, .sender = question.sender})) {
      channel().reset();  // PID 1 passes on what it holds once we have hung up
    }
  }

  void apply_default(int signal) {
    if (default_action(signal) == DefaultAction::stop) {
      // We follow once it has stopped: a shell told earlier would read the terminal together with PID 1.
      if (std::exchange(stop_signal_, signal) == 0) {
        narrator().narrate(describe_default_action, signal);
      }
      sys::send_signal(child().pid(), SIGSTOP);
    } else if (fatal_signal_ == 0) {  // an ordinary process dies of the first
      fatal_signal_ = signal;
      narrator().narrate(describe_default_action, signal);
      sys::send_signal(child().pid(), SIGKILL);
    }
  }

  /// Stops this process with a signal. When it is continued, it continues PID 1.
  void stop(int signal) {
    // A shell outside gives us the foreground back, but cannot know that a shell inside had given it to
    // another group.
    const pid_t group = terminal().foreground();
    const bool was_inside = is_in_descendant_pidns(proc(), group);
    narrator().narrate(describe_stop, signal, supervised_.receiver);
    while (!sys::stop_this_process(signal, [&] { return is_command_stopped(); }) && is_stopped()) {
    }
    forget_stop_signals();
    if (was_inside) {
      terminal().pass_to(group);
    }
    narrator().narrate(describe_continuation, supervised_.receiver);
    // The shell may have continued the whole group; a second SIGCONT would run a handler of PID 1 twice.
    const bool continues = is_stopped();
    const SignalSet doubtful = watch_.attach_again();
    if (continues) {
      sys::send_signal(child().pid(), SIGCONT);
      watch_.resume_stopped();
    }
    for (const int number : doubtful) {
      sys::send_signal(child().pid(), number);
    }
  }

  /// Whether /proc shows PID 1 stopped or about to stop; also when it shows nothing.
  bool is_stopped() {
    const auto status = try_read_status(proc(), target().proc_pid);
    return !status || status->state == 'T' || status->pending.contains(SIGSTOP) || is_stopping_again(*status);
  }

  /// After a stop that we have seen as its tracer, PID 1 wakes up to stop again without us.
  bool is_stopping_again(const ProcStatus& status) {
    return status.state == 'R' && !has_init() &&
           sys::wait_for(child().pid(), WCONTINUED | WNOHANG | WNOWAIT).si_pid == 0;
  }

  /// Whether the command we stop for is still stopped; also when it cannot be looked at. A shell that watches
  /// only the shell that started us may continue the job before we have stopped.
  bool is_command_stopped() {
    const std::optional<pid_t> command =
        has_init() ? sys::or_default_on_error([&] { return read_oldest_child(proc(), target().proc_pid); })
                   : target().proc_pid;
    try {
      const auto status = command ? read_status(proc(), *command) : std::nullopt;
      return !command ||
             (status && (status->state == 'T' || status->state == 't' || is_stopping_again(*status)));
    } catch (const sys::Error&) {
      return true;  // it cannot be looked at, but it has stopped
    }
  }

  [[nodiscard]] bool is_joined() const { return supervised_.receiver == Receiver::joined_command; }
  [[nodiscard]] bool has_init() const { return supervised_.receiver == Receiver::pidns_as_init; }
  [[nodiscard]] ChildProcess& child() const { return supervised_.child; }
  [[nodiscard]] UniqueFd& channel() const { return supervised_.channel; }
  [[nodiscard]] const UniqueFd& proc() const { return supervised_.proc; }
  [[nodiscard]] Terminal& terminal() const { return supervised_.terminal; }
  [[nodiscard]] Narrator& narrator() const { return supervised_.narrator; }
  [[nodiscard]] Log& log() const { return supervised_.log; }

  Supervised supervised_;
  std::optional<ProcessIds> target_;
  UniqueFd status_file_;  // of PID 1; open from the start, as its first use has no time to lose
  int stops_heard_ = 0;   // of COMMAND, from the PID 1 of --init
  std::optional<ExitStatus> command_status_;
  std::optional<int> left_;  // how many processes COMMAND has left behind
  int fatal_signal_ = 0;     // the signal whose default action has ended PID 1
  SignalSet deadly_seen_;    // signals to pidns that an ordinary process dies of
  SignalSet struck_;         // of those, what PID 1 has received with its group while it kept none
  int stop_signal_ = 0;      // the signal that stops us too once PID 1 has stopped
  DeliveryWatch watch_;
  HandlerWatch handlers_;
  std::optional<siginfo_t> ended_;  // how PID 1 has ended
};

}  // namespace

Ending supervise(const Supervised& supervised) {
  return Supervisor(supervised).run();
}

}  // namespace pidns
