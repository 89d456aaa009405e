#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "pidns/util/signal_set.hpp"

namespace pidns {

/// What pidns reads from /proc/PID/status: proc_pid_status(5).
struct ProcStatus {
  pid_t pid = 0;            ///< in the PID namespace of /proc
  std::string name;         ///< of the program, 15 bytes at most
  char state = '?';         ///< R, S, D, T, t, Z, X
  pid_t parent = 0;         ///< 0: it is outside of /proc's PID namespace, or there is none
  uid_t user = 0;           ///< the effective one
  gid_t group = 0;          ///< likewise
  int threads = 0;          ///< 0 when the line is missing
  std::vector<pid_t> pids;  ///< NSpid: one for each PID namespace from /proc's own inwards
  bool has_memory = false;  ///< not a kernel thread, and not a zombie
  int seccomp_mode = 0;     ///< 2: system calls are filtered
  SignalSet pending;        ///< ShdPnd: sent to the process and not delivered yet
  SignalSet blocked;        ///< SigBlk, of the one thread
  SignalSet ignored;        ///< SigIgn
  SignalSet caught;         ///< SigCgt
};

/// Reads the text of a status file. Lines that are missing or malformed leave their field at its default.
ProcStatus parse_status(std::string_view text);

/// Reads and parses a status file.
/// @param directory an open one, or AT_FDCWD
/// @throws sys::Error
ProcStatus read_status_at(int directory, const char* file);

}  // namespace pidns
