#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/sys/error.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What pidns reads from /proc/PID/status: proc_pid_status(5).
struct ProcStatus {
  pid_t pid = 0;                   ///< in the PID namespace of /proc
  std::string name;                ///< of the program, 15 bytes at most
  char state = '?';                ///< R, S, D, T, t, Z, X
  pid_t parent = 0;                ///< 0: it is outside of /proc's PID namespace, or there is none
  uid_t user = 0;                  ///< the effective one
  gid_t group = 0;                 ///< likewise
  int threads = 0;                 ///< 0 when the line is missing
  std::vector<pid_t> pids;         ///< NSpid: one for each PID namespace from /proc's own inwards
  std::uint64_t capabilities = 0;  ///< CapPrm: those that are permitted
  int seccomp_mode = 0;            ///< 2: system calls are filtered
  SignalSet pending;               ///< ShdPnd: sent to the process and not delivered yet
  SignalSet blocked;               ///< SigBlk, of the one thread
  SignalSet ignored;               ///< SigIgn
  SignalSet caught;                ///< SigCgt
  std::uint64_t switches = 0;      ///< how often the thread has stopped running, by itself or not
};

enum class StatusLines {
  all,
  up_to_pids,  ///< NSpid: which process it is, and whose; a quarter of the lines, all that a listing needs
};

/// Reads the text of a status file. Lines that are missing or malformed leave their field at its default.
ProcStatus parse_status(std::string_view text, StatusLines lines = StatusLines::all);

/// Whether the text of /proc/PID/stat is that of a kernel thread: proc_pid_stat(5), flags.
bool is_kernel_thread(std::string_view stat);
/// The same, of a process that ends, or has ended, and has never executed a program since it was forked.
bool has_ended_before_exec(std::string_view stat);

/// Reads a status file.
/// @param directory an open directory, or AT_FDCWD
/// @throws sys::Error
ProcStatus read_status_at(int directory, const char* file, StatusLines lines = StatusLines::all);

/// Reads /proc/PID/status.
/// @param proc an open /proc
/// @return nothing when the process is gone
/// @throws sys::Error
std::optional<ProcStatus> read_status(const UniqueFd& proc, pid_t pid);
/// The same, where what cannot be read is done without.
/// @return nothing also when that fails
std::optional<ProcStatus> try_read_status(const UniqueFd& proc, pid_t pid);
/// As read_status(), of this process.
std::optional<ProcStatus> read_own_status(const UniqueFd& proc);

/// Opens the status file of a process for read_status_again(). @return not valid when that fails
UniqueFd open_status(const UniqueFd& proc, pid_t pid);
/// What it holds at this moment. @return nothing when the file is not valid, or the process is gone
std::optional<ProcStatus> read_status_again(const UniqueFd& status_file);

/// The oldest child of a process: /proc/PID/task/TID/children.
/// @return 0 when it has none or is gone; nothing when the kernel does not tell
std::optional<pid_t> read_oldest_child(const UniqueFd& proc, pid_t pid);

/// A file of /proc that is made in one piece. @return nothing when the process or thread is gone
/// @throws sys::Error
std::optional<std::string> read_unless_gone(const UniqueFd& proc, const std::string& path);

}  // namespace pidns
