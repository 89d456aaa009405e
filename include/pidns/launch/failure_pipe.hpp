#pragma once

#include <optional>

#include "pidns/sys/channels.hpp"
#include "pidns/util/failure.hpp"

/// How a child tells its parent why it cannot continue: a close-on-exec pipe.
namespace pidns {

void send_failure(const UniqueFd& pipe, const Failure& failure);

/// Waits until every writer is gone, as it is after a successful execve(2). @return the failure that was
/// sent, if any
std::optional<Failure> receive_failure(const UniqueFd& pipe);

/// Closes our copy of the write end and throws the failure that the child sends, if any. The read end stays
/// open only if it cannot be read: without a reader the child would take us for dead.
void throw_if_failed(sys::Pipe& pipe);

}  // namespace pidns
