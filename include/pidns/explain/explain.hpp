#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/process/exit_status.hpp"
#include "pidns/signal/signal_policy.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"

/// The words of --explain: pure functions from what has happened to what is said about it.
namespace pidns {

/// A system call as strace(1) writes it: `unshare(CLONE_NEWNS|CLONE_NEWPID) = 0`. A file that is written is
/// named as with its option -y.
/// @param result nothing: the call has not been made yet
std::string format_call(const sys::Call& call, const std::optional<sys::Result>& result);

/// A namespace of the calling process that is not the one it was in before.
struct NamespaceChange {
  std::string_view kind;  ///< as in /proc/PID/ns: `mnt`, `pid`
  ino_t before;
  ino_t after;
};

/// Whose processes /proc shows.
enum class ProcShows {
  own_namespace,
  namespace_above,  ///< a PID namespace that the process was not put into, or not only
  nothing,          ///< it is no proc, or not readable
};

/// What was seen of the calling process when the call had been made, and for Fork of the child. A number that
/// could not be seen is 0.
struct Observation {
  pid_t caller =
      0;  ///< who has made the call, by its PID in its own namespace; 0: the pidns that was started
  std::vector<NamespaceChange> changes = {};
  ino_t pid_namespace = 0;
  pid_t outside = 0;  ///< its PID in the namespace of the pidns that was started
  pid_t inside = 0;   ///< its PID in its own namespace
  ProcShows proc = ProcShows::own_namespace;
  pid_t proc_pid = 0;  ///< its PID in /proc
};

/// One paragraph of the narration.
struct Step {
  std::string headline;
  std::vector<std::string> sentences = {};
  bool failed = false;
};

Step explain_call(const sys::Call& call, const std::optional<sys::Result>& result, const Observation& sight);

/// Why a user namespace is made that was not asked for.
Step explain_added_user_namespace();

/// Who sent a signal to pidns.
struct Sender {
  Origin origin;
  int code;   ///< si_code: sigaction(2)
  pid_t pid;  ///< si_pid
};

/// Who gets the signals that pidns passes on.
enum class Receiver {
  init,            ///< COMMAND, which is PID 1
  pidns_as_init,   ///< the PID 1 of --init
  joined_command,  ///< COMMAND, which is an ordinary process
};

/// A signal that has come, before anything is done about it.
/// @param dispositions of PID 1, when they were read
Step explain_signal(int signal, const Sender& sender, Receiver receiver, const Decision& decision,
                    const std::optional<Dispositions>& dispositions);
/// What pidns does in place of the kernel, which has dropped the signal.
Step explain_default_action(int signal);
/// PID 1 of --init passes a signal on.
Step explain_signal_to_command(int signal, pid_t command);
/// PID 1, or COMMAND, was stopped, and pidns is about to stop with this signal.
Step explain_stop(int signal, Receiver receiver);
Step explain_continuation(Receiver receiver);

/// The end of PID 1, or of the command that has joined.
/// @param init how that process has ended
/// @param ending how pidns is about to end
Step explain_ending(Receiver receiver, const ExitStatus& init, const ExitStatus& ending);
/// pidns cannot go on; the message comes next.
Step explain_failure(const Failure& failure);

/// How the narration is to look.
struct Style {
  std::size_t width = 80;  ///< sentences are broken there
  bool break_headlines = false;
  bool colour = false;
};

/// @param terminal_width nothing: stderr is no terminal
/// @param no_colour the environment variable NO_COLOR; nullptr: not set
/// @param terminal the environment variable TERM; nullptr: not set
Style choose_style(std::optional<std::size_t> terminal_width, const char* no_colour, const char* terminal);

/// `[1] headline` and the sentences below it, with a line end.
std::string render(int number, const Step& step, const Style& look);

}  // namespace pidns
