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

  /// The parent of a namespace's PID 1.
  struct Maker {
    pid_t pid;
    std::string name;
    bool is_pid_1;  ///< then it may only have adopted PID 1 when the maker ended
  };

  struct Namespace {
    ino_t number = 0;
    ino_t parent = 0;  ///< its number; 0: there is none, or none in this listing
    bool own = false;  ///< it is the caller's
    std::size_t process_count = 0;
    std::vector<Process> processes;  ///< in the order of their PIDs; of the caller's own only if asked for
    std::optional<Maker> maker;
  };

  std::vector<Namespace> namespaces;  ///< in the order of their numbers
  std::size_t hidden_processes = 0;   ///< how many could not be read for lack of permission
  std::string hidepid;                ///< the mount option of /proc, if it may hide more of them; else empty
};

/// Reads /proc, and leaves out what ends meanwhile.
/// @param pid limits the listing to the namespace of this process and those below it
/// @throws sys::Error; Failure when there is no such process
Listing read_listing(std::optional<pid_t> pid);

/// PID 1, or the process with the lowest PID if PID 1 is hidden. @return nullptr if all are hidden
const Listing::Process* first_process(const Listing::Namespace& ns);

/// What --list prints.
std::string list_namespaces(const ListRequest& request);

}  // namespace pidns
