#include "pidns/proc/process_ids.hpp"

#include <fmt/format.h>

#include "pidns/proc/proc_status.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

pid_t proc_pid_of(const UniqueFd& proc, const UniqueFd& pidfd) {
  return pid_of_pidfd(read_unless_gone(proc, fmt::format("self/fdinfo/{}", pidfd.get())).value_or(""));
}

pid_t pid_of_pidfd(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = consume_until(text, '\n');
    if (consume_until(line, ':') == "Pid") {
      return leading_number<pid_t>(trim_front(line));
    }
  }
  return 0;
}

}  // namespace pidns
