#include "pidns/explain/signal_text.hpp"

#include <fmt/format.h>

#include <csignal>

#include "pidns/util/signal_set.hpp"

namespace pidns {

namespace {

std::string sender_text(const Sender& sender) {
  if (sender.code == SI_KERNEL) {
    return sender.origin == Origin::group ? "from the terminal, to the whole process group"
                                          : "from the kernel";
  }
  if (sender.origin == Origin::group) {
    return fmt::format("from PID {}, a process inside, to the whole process group", mark_outside(sender.pid));
  }
  if (sender.code == SI_TIMER) {
    return "from a timer";
  }
  // 0: the sender is in a parent namespace, or the signal went to a whole process group, and PID 1 received
  // it before us: send_signal_locked() in kernel/signal.c.
  return sender.pid == 0 ? "from an unknown process" : "from PID " + mark_outside(sender.pid);
}

std::string_view name_of(Receiver receiver) {
  return receiver == Receiver::joined_command ? "COMMAND" : "PID 1";
}

std::string_view response_of_init(int signal, const Decision& decision, const Dispositions& dispositions) {
  if (decision.apply_default) {
    return "PID 1 has no handler for it, and the kernel discards such a signal to a PID 1";
  }
  if (dispositions.ended) {
    return "PID 1 has already exited";
  }
  if (dispositions.caught.contains(signal)) {
    return "PID 1 has a handler for it";
  }
  if (dispositions.ignored.contains(signal)) {
    return "PID 1 ignores it";
  }
  if (dispositions.awaited.contains(signal)) {
    return "PID 1 waits for it";
  }
  if (dispositions.blocked.contains(signal)) {
    return decision.watch ? "PID 1 blocks it; pidns watches whether it is handled or discarded"
                          : "PID 1 blocks it";
  }
  if (decision.watch) {
    return "pidns watches whether it is handled or discarded";
  }
  return default_action(signal) == DefaultAction::ignore
             ? "PID 1 has no handler for it, and its default action is to do nothing"
             : "PID 1 may be holding it";
}

std::string_view response(int signal, Receiver receiver, const Decision& decision,
                          const std::optional<Dispositions>& dispositions) {
  if (receiver == Receiver::pidns_as_init) {
    return "PID 1 is pidns itself, and passes it on to COMMAND";
  }
  if (receiver == Receiver::joined_command) {
    return "COMMAND is not PID 1, so the signal acts as on any other process";
  }
  return dispositions ? response_of_init(signal, decision, *dispositions) : "PID 1 is about to exit";
}

std::string ending_text(const ExitStatus& ending) {
  return ending.killed ? fmt::format("was killed by {}", signal_name(ending.value))
                       : fmt::format("exited with status {}", ending.value);
}

std::string own_ending_text(const ExitStatus& ending) {
  return ending.killed ? fmt::format("pidns dies of {}: a shell shows status {}.", signal_name(ending.value),
                                     shell_status(ending))
                       : fmt::format("pidns exits with status {}.", ending.value);
}

}  // namespace

Step describe_signal(int signal, const Sender& sender, Receiver receiver, const Decision& decision,
                     const std::optional<Dispositions>& dispositions) {
  const std::string_view name = name_of(receiver);
  return {.headline = fmt::format("{} {}", signal_name(signal), sender_text(sender)),
          .sentences = {fmt::format("{}. {}.",
                                    decision.relay ? fmt::format("pidns passes it on to {}", name)
                                                   : fmt::format("{} has already received it", name),
                                    response(signal, receiver, decision, dispositions))}};
}

Step describe_default_action(int signal) {
  if (default_action(signal) == DefaultAction::stop) {
    return {.headline = fmt::format("SIGSTOP to PID 1, in place of {}", signal_name(signal)),
            .sentences = {"The kernel would have stopped any other process, so pidns stops PID 1."}};
  }
  return {.headline = fmt::format("SIGKILL to PID 1, in place of {}", signal_name(signal)),
          .sentences = {"The kernel would have killed any other process, so pidns kills PID 1."}};
}

Step describe_reset_handler(int signal) {
  const std::string name = signal_name(signal);
  return {
      .headline = fmt::format("PID 1 has no handler for {} any more", name),
      .sentences = {fmt::format("If PID 1 has set {0} back to its default and sent it to itself, the kernel "
                                "has discarded it, as it does for any PID 1. With --init, COMMAND is not PID "
                                "1 and dies of it.",
                                name)}};
}

Step describe_signal_to_command(int signal, const Sender& sender, pid_t command) {
  return {.headline = fmt::format("{}: {} {}, passed on to PID {}", mark_inside("PID 1"), signal_name(signal),
                                  sender_text(sender), command),
          .sentences = {"COMMAND is not PID 1, so the signal acts as on any other process."}};
}

Step describe_signal_to_group(int signal, pid_t sender) {
  return {.headline = fmt::format("{}: {} from PID {}, a process inside", mark_inside("PID 1"),
                                  signal_name(signal), sender),
          .sentences = {"It was sent to the whole process group, so COMMAND has already received it."}};
}

Step describe_reaped_orphan(pid_t pid, const ExitStatus& ending) {
  return {
      .headline = fmt::format("{}: reaped PID {}, which {}", mark_inside("PID 1"), pid, ending_text(ending)),
      .sentences = {"Its parent had ended before it, so the kernel had made it a child of PID 1."}};
}

Step describe_leftovers(const std::string& leftovers, std::chrono::milliseconds grace) {
  return {.headline = mark_inside("PID 1") + ": " + leftovers,
          .sentences = {grace > std::chrono::milliseconds::zero()
                            ? "PID 1 sends SIGTERM to all of them, and waits for their end: --grace."
                            : "When PID 1 exits, the kernel kills every process left."}};
}

Step describe_stop(int signal, Receiver receiver) {
  return {.headline = fmt::format("{} is stopped", receiver == Receiver::init ? "PID 1" : "COMMAND"),
          .sentences = {fmt::format("pidns also stops, with {}: to a shell outside, both are one job.",
                                    signal_name(signal))}};
}

Step describe_continuation(Receiver receiver) {
  return {.headline = "pidns is continued",
          .sentences = {fmt::format("{} continues, too.", receiver == Receiver::init ? "PID 1" : "COMMAND")}};
}

Step describe_ending(Receiver receiver, const ExitStatus& init, const ExitStatus& ending) {
  switch (receiver) {
    case Receiver::joined_command:
      return {.headline = "COMMAND " + ending_text(init),
              .sentences = {"The namespaces that it had joined stay. " + own_ending_text(ending)}};
    case Receiver::pidns_as_init:
      if (!ending.killed) {
        return {.headline = fmt::format("COMMAND {}, and so do PID 1 and pidns", ending_text(ending))};
      }
      return {.headline = "COMMAND " + ending_text(ending),
              .sentences = {"PID 1 exits, and " + own_ending_text(ending)}};
    case Receiver::init:
      break;
  }
  if (init == ending && !ending.killed) {
    return {.headline = fmt::format("{} {}, and so does pidns; the kernel kills all inside",
                                    mark_inside("PID 1"), ending_text(ending))};
  }
  return {.headline = mark_inside("PID 1") + " " + ending_text(init),
          .sentences = {"The kernel has killed whatever was left inside.", own_ending_text(ending)}};
}

Step describe_failure(const Failure& failure) {
  return {.headline = fmt::format("pidns cannot continue: status {}", failure.status), .failed = true};
}

}  // namespace pidns
