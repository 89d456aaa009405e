#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "pidns/util/options.hpp"

namespace pidns {

/// PID namespaces and the processes in them, as the caller's /proc shows them.
struct Listing {
  struct Process {
    std::vector<pid_t> pids;  ///< its PID in the namespace of /proc, then in each one further down: NSpid
    pid_t parent = 0;         ///< in the namespace of /proc; 0: outside of it
    std::string user;         ///< the effective one; its number if it has no name
    uid_t user_id = 0;
    char state = '?';                    ///< as in ProcStatus
    std::string name;                    ///< of the program, 15 bytes at most
    std::vector<std::string> arguments;  ///< none: a kernel thread or a zombie
  };

  /// A process that led to a namespace.
  struct Ancestor {
    pid_t pid;
    std::string name;
  };

  /// The parent of a namespace's PID 1.
  struct Maker {
    pid_t pid;
    std::string name;
    bool is_pid_1;  ///< then it may only have adopted PID 1 when the maker ended
    std::vector<Ancestor> ancestors =
        {};  ///< its parents, the next one first, without the PID 1 at their top
  };

  struct Namespace {
    ino_t number = 0;
    ino_t parent = 0;          ///< its number; 0: there is none, or it is unknown
    ino_t user_namespace = 0;  ///< the one that owns it; 0: unknown
    bool own = false;          ///< it is the caller's
    std::size_t process_count = 0;
    std::vector<Process> processes;  ///< in the order of their PIDs; of the caller's own only if asked for
    std::optional<Maker> maker;
    std::vector<std::string> kept_in;  ///< files that it is bound to
  };

  std::vector<Namespace> namespaces;  ///< in the order of their numbers
  std::size_t hidden_processes = 0;   ///< how many could not be read for lack of permission
  std::string hidepid;                ///< the mount option of /proc, if it may hide more of them; else empty
};

/// Reads /proc, and leaves out what ends meanwhile.
/// @param targets limit the listing to these namespaces and those below them; empty: all
/// @throws sys::Error; Failure when there is no such process or namespace
Listing read_listing(const std::vector<Target>& targets);

/// PID 1, or the process with the lowest PID if PID 1 is hidden. @return nullptr if all are hidden
const Listing::Process* first_process(const Listing::Namespace& ns);

}  // namespace pidns
