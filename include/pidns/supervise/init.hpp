#pragma once

#include <optional>

#include "pidns/explain/narrator.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What PID 1 of --init and the outer pidns tell each other: PID 1 can neither stop itself nor die of a
/// signal, and its own state does not show that of COMMAND.
struct InitMessage {
  enum class Kind : int {
    stopped,         ///< from PID 1: COMMAND was stopped by signal `value`
    exited,          ///< from PID 1: COMMAND has exited with status `value`
    killed,          ///< from PID 1: COMMAND was killed by signal `value`
    continue_again,  ///< from outside: pidns was continued after stop number `value`: continue COMMAND
  };
  Kind kind;
  int value = 0;
};

void send_message(const UniqueFd& channel, const InitMessage& message);
/// Receives the next message without waiting. @return nothing when there is none
std::optional<InitMessage> receive_message(const UniqueFd& channel);

/// The work of PID 1 of --init: reaps every orphan and passes signals on until the command ends. Every signal
/// must be blocked.
/// @param command a child of this process
/// @param channel to the outer pidns; not valid when there is none
/// @throws sys::Error
ExitStatus run_init(ChildProcess& command, UniqueFd& channel, Narrator& narrator);

}  // namespace pidns
