#pragma once

#include <sys/types.h>

#include <string_view>

#include "pidns/signals.hpp"

namespace pidns {

/// What pidns reads from /proc/PID/status: proc_pid_status(5).
struct ProcStatus {
  pid_t pid = 0;             ///< in the PID namespace of /proc
  char state = '?';          ///< R, S, D, T, t, Z, X
  int threads = 0;           ///< 0 when the line is missing
  int namespace_levels = 0;  ///< the numbers of NSpid: one for each PID namespace from /proc's own inwards
  pid_t innermost_pid = 0;   ///< the last number of NSpid: the PID that the process itself sees
  bool has_memory = false;   ///< not a kernel thread, and not a zombie
  int seccomp_mode = 0;      ///< 2: system calls are filtered
  SignalSet pending;         ///< ShdPnd: sent to the process and not delivered yet
  SignalSet blocked;         ///< SigBlk, of the one thread
  SignalSet ignored;         ///< SigIgn
  SignalSet caught;          ///< SigCgt
};

/// Reads the text of a status file. Lines that are missing or malformed leave their field at its default.
ProcStatus parse_status(std::string_view text);

}  // namespace pidns
