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
  return ::uname(&names) == 0 ? on_one_line(names.release) : std::string();
}

bool is_new_enough(std::string_view release) {
  constexpr std::pair<int, int> oldest{5, 4};
  const auto major = leading_number<int>(consume_until(release, '.'));
  return std::pair(major, leading_number<int>(release)) >= oldest;
}

void refuse_old_kernel() {
  const std::string release = kernel_release();
  if (!release.empty() && !is_new_enough(release)) {
    throw Failure(status_failed, fmt::format("Linux {} is too old: {}", release, kernel_needed), {});
  }
}

}  // namespace pidns
