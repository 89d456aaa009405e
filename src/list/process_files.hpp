#pragma once

#include <sys/types.h>

#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "pidns/proc/proc_status.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What /proc says about one process.
struct ProcessFiles {
  ProcStatus status;           ///< the lines up to NSpid
  std::string command_line;    ///< empty where it was not wanted
  std::exception_ptr failure;  ///< why one of them could not be read
};

/// Reads the files of processes. If there are many, a second thread takes its share of them: the kernel
/// spends nearly all the time of a listing on these files.
/// @param wants_command_line is called by both threads
/// @return one entry for each PID, in their order
std::vector<ProcessFiles> read_process_files(
    const UniqueFd& proc, const std::vector<pid_t>& pids,
    const std::function<bool(const ProcStatus&)>& wants_command_line);

}  // namespace pidns
