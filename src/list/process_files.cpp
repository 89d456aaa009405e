#include "process_files.hpp"

#include <fmt/format.h>

#include <atomic>
#include <system_error>
#include <thread>

#include "pidns/sys/files.hpp"

namespace pidns {

namespace {

/// With fewer processes, it takes as long to start a thread as it would save.
constexpr std::size_t enough_for_two_threads = 100;

/// @return not joinable if none can be started, for example because the number of processes is limited
template <typename Function>
std::jthread try_start(Function function) {
  try {
    return std::jthread(function);
  } catch (const std::system_error&) {
    return {};
  }
}

}  // namespace

std::vector<ProcessFiles> read_process_files(const UniqueFd& proc, const std::vector<pid_t>& pids,
                                             std::size_t least_levels) {
  std::vector<ProcessFiles> all(pids.size());
  // By its PID each time: one more file to open and to close costs a tenth of the listing.
  const auto read = [&](pid_t pid, ProcessFiles& files) {
    try {
      files.status =
          read_status_at(proc.get(), fmt::format("{}/status", pid).c_str(), StatusLines::up_to_pids);
      if (files.status.pids.size() >= least_levels) {
        files.command_line = sys::read_piece(proc.get(), fmt::format("{}/cmdline", pid).c_str());
      }
    } catch (...) {
      files.failure = std::current_exception();
    }
  };
  std::atomic<std::size_t> next = 0;
  const auto read_all = [&] {
    for (std::size_t i = next++; i < pids.size(); i = next++) {
      read(pids[i], all[i]);
    }
  };
  {
    const std::jthread second = pids.size() >= enough_for_two_threads ? try_start(read_all) : std::jthread();
    read_all();
  }
  return all;
}

}  // namespace pidns
