#include "pidns/supervise/leftovers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// A proc of our own namespace: one that COMMAND cannot have covered or, where that may not be made, /proc.
UniqueFd open_own_proc() {
  UniqueFd proc = sys::or_default_on_error([] { return sys::make_detached_proc(); });
  if (!proc.valid()) {
    proc = sys::or_default_on_error([] { return sys::open_directory("/proc", "cannot open /proc"); });
  }
  const bool is_own = sys::or_default_on_error([&] { return sys::read_link(proc.get(), "self"); }) ==
                      fmt::format("{}", ::getpid());
  return is_own ? std::move(proc) : UniqueFd();
}

/// The words of a command line, or the name of a process that has none.
std::string command_line_of(const UniqueFd& proc, pid_t pid, const std::string& name) {
  std::string line = sys::try_read_file(proc.get(), fmt::format("{}/cmdline", pid));
  while (!line.empty() && line.back() == '\0') {
    line.pop_back();
  }
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line.empty() ? name : line;
}

}  // namespace

std::vector<Leftover> find_leftovers() {
  const UniqueFd proc = open_own_proc();
  std::vector<Leftover> found;
  if (!proc.valid()) {
    return found;
  }
  for (const std::string& name :
       sys::or_default_on_error([&] { return sys::list_directory(proc.get(), "."); })) {
    const auto pid = leading_number<pid_t>(name);
    const auto status = pid > 0 && pid != ::getpid() ? try_read_status(proc, pid) : std::nullopt;
    if (status && status->state != 'Z' && status->state != 'X') {
      found.push_back({.pid = pid, .command_line = command_line_of(proc, pid, status->name)});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Leftover& one, const Leftover& other) { return one.pid < other.pid; });
  return found;
}

std::string describe(const std::vector<Leftover>& leftovers) {
  constexpr std::size_t named = 10;
  constexpr std::size_t longest = 60;
  std::string text = leftovers.size() == 1 ? "1 process was left: "
                                           : fmt::format("{} processes were left: ", leftovers.size());
  for (std::size_t i = 0; i < std::min(named, leftovers.size()); ++i) {
    const std::string line = on_one_line(leftovers[i].command_line);
    text += fmt::format("{}{} ({})", i > 0 ? ", " : "",
                        line.size() > longest ? fmt::format("{}...", fit(line, longest)) : line,
                        leftovers[i].pid);
  }
  return leftovers.size() > named ? text + fmt::format(" and {} more", leftovers.size() - named) : text;
}

}  // namespace pidns
