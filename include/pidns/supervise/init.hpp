#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "pidns/explain/log.hpp"
#include "pidns/explain/narrator.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/sys/wait.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What PID 1 of --init and the outer pidns tell each other: PID 1 can neither stop itself nor die of a
/// signal, and its own state does not show that of COMMAND.
struct InitMessage {
  enum class Kind : int {
    stopped,         ///< from PID 1: COMMAND was stopped by signal `value`
    exited,          ///< from PID 1: COMMAND has exited with status `value`
    killed,          ///< from PID 1: COMMAND was killed by signal `value`
    received,        ///< from PID 1: it has received signal `value`; has the outer pidns as well?
    continue_again,  ///< from outside: pidns was continued after stop number `value`: continue COMMAND
    signal,          ///< from outside: pidns has received signal `value` from `sender`: OwnCopies::match()
    told,            ///< from outside, the answer to `received`: every `signal` until then has been sent
  };
  Kind kind;
  int value = 0;
  pid_t sender = 0;
  int left = unknown;  ///< with `exited` and `killed`: how many processes were left

  static constexpr int unknown = -1;
};

/// @return false when it cannot be sent
bool send_message(const UniqueFd& channel, const InitMessage& message, sys::Wait wait = sys::Wait::no);
/// Receives the next message without waiting, and hangs up where that fails. @return nothing when there is
/// none
std::optional<InitMessage> receive_message(UniqueFd& channel);

/// What the PID 1 of --init is to do, and with what.
struct InitTask {
  ChildProcess& command;    ///< a child of this process
  const UniqueFd& signals;  ///< a signalfd for all of them
  UniqueFd& channel;        ///< to the outer pidns; not valid when there is none
  bool own_session;         ///< of the command: then it does not get what the terminal sends to our group
  bool counts_leftovers;    ///< whether anyone wants to know
  std::chrono::milliseconds grace;  ///< for what the command leaves behind
  Narrator& narrator;
  Log& log;
};

/// The work of PID 1 of --init: reaps every orphan and passes signals on until the command ends. Every signal
/// must be blocked.
ExitStatus run_init(const InitTask& task);

}  // namespace pidns
