#include "pidns/launch/kernel.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <utility>

#include "pidns/process/exit_status.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

std::string kernel_release() {
  utsname names{};
  ::uname(&names);
  return on_one_line(names.release);
}

bool is_new_enough(std::string_view release) {
  constexpr std::pair<int, int> oldest{5, 4};
  const auto major = leading_number<int>(consume_until(release, '.'));
  return std::pair(major, leading_number<int>(release)) >= oldest;
}

void refuse_old_kernel() {
  if (const std::string release = kernel_release(); !is_new_enough(release)) {
    throw Failure(status_failed, fmt::format("Linux {} is too old: pidns needs 5.4 or later", release), {});
  }
}

}  // namespace pidns
