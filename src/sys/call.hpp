#pragma once

#include <cerrno>

#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

/// What the wrappers of system calls have in common.
namespace pidns::sys {

/// Makes a call, and makes it again as long as a signal interrupts it.
template <typename Function>
auto retry(Function function) {
  auto result = function();
  while (result == -1 && errno == EINTR) {
    result = function();
  }
  return result;
}

/// As retry(), and tells the observer of the call before and after it. errno stays what the call has made it.
template <typename Function>
auto observed(const SyscallObserver& observer, const Call& call, Function function) {
  if (observer) {
    observer(call, std::nullopt);
  }
  const auto result = retry(function);
  if (observer) {
    const int error = errno;
    observer(call, Result{.value = result, .error = result == -1 ? error : 0});
    errno = error;
  }
  return result;
}

/// A caller may have started pidns with 0, 1 or 2 closed; what we open there would be taken for stdin, stdout
/// or stderr by our own messages.
/// @return `fd`, or a copy of it above 2; not valid when it cannot be copied, or was not valid itself
UniqueFd above_stdio(int fd);

}  // namespace pidns::sys
