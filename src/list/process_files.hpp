#pragma once

#include <sys/types.h>

#include <cstddef>
#include <exception>
#include <string>
#include <vector>

#include "pidns/proc/proc_status.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// What /proc says about one process.
struct ProcessFiles {
  ProcStatus status;           ///< the lines up to NSpid
  std::string command_line;    ///< empty also for a kernel thread and a zombie
  std::exception_ptr failure;  ///< why one of the files could not be read; null: they were read
};

/// Reads the files of processes. If there are many, a second thread takes its share of them: the kernel
/// spends nearly all the time of a listing on these files.
/// @param least_levels the command line of a process in fewer PID namespaces is not read
/// @return one entry for each PID, in their order
std::vector<ProcessFiles> read_process_files(const UniqueFd& proc, const std::vector<pid_t>& pids,
                                             std::size_t least_levels);

}  // namespace pidns
