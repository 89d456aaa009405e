#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "pidns/sys/wait.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// A signal that this process has received: signalfd(2), sigwaitinfo(2).
struct ReceivedSignal {
  int number;
  int code;      ///< si_code: sigaction(2)
  int error;     ///< si_errno
  pid_t sender;  ///< si_pid
  uid_t user;    ///< si_uid
  std::uint64_t payload;

  /// Whether si_code says that si_value is set: sigaction(2).
  [[nodiscard]] bool has_payload() const { return code < 0 && code != SI_TKILL; }
};

// None of these throws: once the command runs, what a call refuses is done without, or in an older way.

/// Takes the next pending signal, in another way if the signalfd cannot be read. @return nothing when none is
/// pending
std::optional<ReceivedSignal> next_signal(const UniqueFd& signalfd) noexcept;
/// Sends a signal to a child that has not been reaped, so that its PID is safe to use. Waits for a tenth of a
/// second if too many are queued.
/// @return false if that is refused, or the queue stays full
bool send_signal(pid_t child, int signal) noexcept;
/// The same to its whole process group, if it leads one. @return false if it does not
bool send_signal_to_group(pid_t child, int signal) noexcept;
/// Sends a child the signal that was received, with its payload if it has one.
bool pass_on(pid_t child, const ReceivedSignal& signal) noexcept;

/// Replaces the mask of this thread, signals 32 and 33 included. @return the mask before
SignalSet set_signal_mask(SignalSet mask);
bool is_ignored(int signal);
void set_default_disposition(int signal);
void ignore_signal(int signal);
UniqueFd open_signalfd(SignalSet signals);
/// Raises a signal with its default action. Returns only if this process is PID 1.
void raise_with_default_action(int signal);
/// Stops this process once with the default action of a signal; takes the SIGCONT that continues it. Every
/// signal must be blocked.
/// @param is_wanted checked just before stopping, since the SIGCONT that would wake us may already have
/// arrived
/// @return false if a child changed its state before the stop, and this process was not stopped
bool stop_this_process(int signal, const std::function<bool()>& is_wanted) noexcept;
/// Writes as much as possible; neither an error nor a signal follows when that is not all.
/// @return whether it is all
bool write_text(int fd, std::string_view text, Wait wait) noexcept;
/// As write_all(), but if a pipe has lost its reader, no SIGPIPE follows.
/// @throws sys::Error: with EPIPE if the pipe has lost its reader
void write_without_signal(int fd, std::string_view text);

}  // namespace pidns::sys
