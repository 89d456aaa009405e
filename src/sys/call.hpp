#pragma once

#include <cerrno>

#include "pidns/listener.hpp"
#include "pidns/unique_fd.hpp"

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

/// As retry(), and tells the listener of the call. errno stays what the call has made it.
template <typename Function>
auto heard(const Listener& listener, const Call& call, Function function) {
  const auto result = retry(function);
  if (listener) {
    const int error = errno;
    listener(call, Result{.value = result, .error = result == -1 ? error : 0});
    errno = error;
  }
  return result;
}

/// A caller may have started pidns with 0, 1 or 2 closed; what we open there would be taken for stdin, stdout
/// or stderr by our own messages.
/// @return `fd`, or a copy of it above 2; not valid when it cannot be copied, or was not valid itself
UniqueFd above_stdio(int fd);

}  // namespace pidns::sys
