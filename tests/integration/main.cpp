#define CATCH_CONFIG_RUNNER
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "support/catch.hpp"

namespace {

constexpr int skipped = 77;  // SKIP_RETURN_CODE of CTest

/// Why these tests cannot run here; empty if they can.
std::string why_skipped() {
  if (::geteuid() != 0) {
    return "they need root";
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(::unshare(CLONE_NEWPID | CLONE_NEWNS) == -1 ? errno : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const int error = WEXITSTATUS(status);
  return error == 0 ? "" : std::string("no PID namespace can be made here: ") + std::strerror(error);
}

}  // namespace

int main(int argc, char** argv) {
  Catch::Session session;
  if (const int usage = session.applyCommandLine(argc, argv); usage != 0) {
    return usage;
  }
  const std::string reason = Catch::is_listing(session.configData()) ? "" : why_skipped();
  if (!reason.empty()) {
    std::cout << "SKIPPED: " << reason << '\n';
    return skipped;
  }
  return session.run();
}
