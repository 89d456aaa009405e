#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/util/ids.hpp"

namespace pidns {

/// A persistent namespace, bound to a file: --net=FILE and the like.
struct PinnedNamespace {
  int kind;                    ///< one of CLONE_NEW*
  std::filesystem::path file;  ///< what it is bound to, a regular file

  bool operator==(const PinnedNamespace&) const = default;
};

/// --setgroups: whether a user namespace permits setgroups(2).
enum class Setgroups { allow, deny };

/// Where binfmt_misc is mounted unless another place is named.
inline constexpr const char* default_binfmt = "/proc/sys/fs/binfmt_misc";

/// --load-interp: `:name:type:offset:magic:mask:interpreter:flags`, with any character for the colon.
struct BinfmtDefinition {
  std::string text;
  bool fixed = false;  ///< flag F: the kernel opens the interpreter when it reads the definition
};

/// WHAT of --list and --join: a process, a PID namespace, or a file that keeps one.
struct Target {
  enum class Kind { process, pid_namespace, file };
  Kind kind = Kind::process;
  std::uint64_t number = 0;  ///< the PID, or the number of the namespace
  std::string text;          ///< as it was typed

  bool operator==(const Target&) const = default;
};

/// --color
enum class ColourWhen { automatic, always, never };

/// --grace=infinity
inline constexpr std::chrono::milliseconds endless = std::chrono::milliseconds::max();

/// Where COMMAND stands on the line, for a hint if it cannot be executed.
struct CommandPlace {
  std::string_view option_before = {};  ///< an option that takes a value only with `=`, and has none
  std::string_view value_before = {};   ///< what the help calls that value
  bool is_option_name = false;          ///< COMMAND is one without its minus signs
};

/// What one run of pidns is to do: plain data, filled by parse(), completed once by complete().
struct Options {
  bool fork = true;                                 ///< --fork, --no-fork
  std::optional<std::filesystem::path> mount_proc;  ///< --mount-proc; unset: leave /proc alone
  bool proc_is_implied = false;                     ///< no option on the line names mount_proc
  bool init = false;                                ///< --init, also where no step is named
  bool only_init_named = false;                     ///< of the steps
  int namespaces = CLONE_NEWPID;                    ///< CLONE_NEW* of all that are created
  std::vector<PinnedNamespace> pinned;              ///< --pid=FILE and the like, at most one a kind
  std::optional<std::int64_t> monotonic;            ///< --monotonic, in seconds
  std::optional<std::int64_t> boottime;             ///< --boottime, in seconds
  IdMapRequest users;                               ///< of the new user namespace
  IdMapRequest groups;                              ///< likewise
  std::optional<Setgroups> setgroups;               ///< --setgroups
  std::optional<Ids> owner;                         ///< --owner
  bool keep_capabilities = false;                   ///< --keep-caps
  std::optional<uid_t> user;                        ///< --setuid
  std::optional<gid_t> group;                       ///< --setgid
  std::string user_name;                            ///< --setuid, where complete() is to look it up
  std::string group_name;                           ///< --setgid, likewise
  bool automatic_user_namespace = true;             ///< --no-user clears it
  bool caller_is_root = false;                      ///< outside of the new user namespace; by complete()
  unsigned long propagation = MS_PRIVATE | MS_REC;  ///< --propagation, as mount(2) flags; 0: unchanged
  std::optional<std::filesystem::path> root;        ///< --root
  std::optional<std::filesystem::path> working_directory;  ///< --wd
  std::optional<std::filesystem::path> mount_binfmt;       ///< --mount-binfmt
  std::optional<BinfmtDefinition> load_interp;             ///< --load-interp
  std::optional<std::vector<std::string>> environment;     ///< names of the variables to keep; unset: all
  std::chrono::milliseconds grace{0};                      ///< --grace, up to endless
  bool die_with_parent = false;                            ///< --die-with-parent
  int kill_child = SIGKILL;                   ///< --kill-child: what COMMAND gets when pidns dies; 0: nothing
  bool new_session = false;                   ///< --new-session
  std::optional<int> json_status_fd;          ///< --json-status-fd
  std::optional<Target> join;                 ///< --join: whose namespaces to enter instead of making some
  int join_namespaces = 0;                    ///< CLONE_NEW* of those to enter; 0: all that differ
  int verbosity = 0;                          ///< --verbose, counted
  bool explain = false;                       ///< --explain
  bool explain_step = false;                  ///< --explain=step: wait for a key before each call
  ColourWhen colour = ColourWhen::automatic;  ///< --color
  std::vector<std::string> command;           ///< empty: the user's shell
  CommandPlace place;                         ///< of the command on the line
};

/// --list: show PID namespaces instead of running anything.
struct ListRequest {
  std::vector<Target> targets;                     ///< WHAT of --list; empty: all namespaces
  bool json = false;                               ///< --json
  bool dot = false;                                ///< --dot
  std::optional<std::chrono::milliseconds> watch;  ///< --watch: how long a picture is shown
  ColourWhen colour = ColourWhen::automatic;       ///< --color
};

/// --check: say what this machine allows.
struct CheckRequest {
  ColourWhen colour = ColourWhen::automatic;  ///< --color
};

}  // namespace pidns
