#include "call.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "pidns/sys/error.hpp"

namespace pidns::sys {

void throw_error(Syscall call, int error, const std::string& context) {
  throw Error(call, error, context);
}

UniqueFd above_stdio(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) {
    return UniqueFd(fd);
  }
  const UniqueFd low(fd);
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

}  // namespace pidns::sys
