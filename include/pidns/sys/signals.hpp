#pragma once

#include <sys/signalfd.h>

#include <csignal>
#include <functional>
#include <optional>
#include <string_view>

#include "pidns/util/signal_set.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// Sends a process the signal that was read, with its payload if it has one.
void pass_on(const UniqueFd& pidfd, const signalfd_siginfo& signal);
/// Sends a signal. Waits for a tenth of a second if too many are queued.
/// @param info payload of a signal queued by a process; nullptr: as from kill(2)
/// @return false if the process is gone, or the queue stays full
bool send_signal(const UniqueFd& pidfd, int signal, siginfo_t* info = nullptr);
/// Replaces the mask of this thread, signals 32 and 33 included. @return the mask before
SignalSet set_signal_mask(SignalSet mask);
bool is_ignored(int signal);
void set_default_disposition(int signal);
void ignore_signal(int signal);
UniqueFd open_signalfd(SignalSet signals);
/// Takes the next pending signal from a signalfd. @return nothing when none is pending
std::optional<signalfd_siginfo> read_signal(const UniqueFd& signalfd);
/// Raises a signal with its default action. Returns only if this process is PID 1.
void raise_with_default_action(int signal);
/// Stops this process once with the default action of a signal; takes the SIGCONT that continues it. Every
/// signal must be blocked.
/// @param is_wanted checked just before stopping, since the SIGCONT that would wake us may already have
/// arrived
/// @return false if a child changed its state before the stop, and this process was not stopped
bool stop_this_process(int signal, const std::function<bool()>& is_wanted);
/// Writes as much as possible; neither an error nor a signal follows when that is not all.
void write_to_stderr(std::string_view text);

}  // namespace pidns::sys
