#include "pidns/launch/failure_pipe.hpp"

#include <climits>

#include "pidns/sys/channels.hpp"
#include "pidns/util/failure.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

/// What the parent learns of a child's failure.
std::optional<Failure> passed_on(const Failure& failure) {
  sys::Pipe pipe = sys::make_pipe();
  send_failure(pipe.write, failure);
  pipe.write.reset();
  return receive_failure(pipe.read);
}

}  // namespace

TEST_CASE("a failure of the child reaches the parent whole", "[child]") {
  for (const int status : {status_failed, status_cannot_execute, status_not_found}) {
    const auto failure = passed_on(Failure(status, "cannot mount proc on /proc: Not a directory", "do this"));
    REQUIRE(failure);
    CHECK(failure->status == status);
    CHECK(failure->what() == std::string("cannot mount proc on /proc: Not a directory"));
    CHECK(failure->hint == "do this");
  }
}

TEST_CASE("a failure without a hint arrives without one", "[child]") {
  const auto failure =
      passed_on(Failure(status_not_found, "cannot execute 'x': No such file or directory", ""));
  REQUIRE(failure);
  CHECK(failure->what() == std::string("cannot execute 'x': No such file or directory"));
  CHECK(failure->hint.empty());
}

TEST_CASE("a failure that is too long for one write arrives cut off", "[child]") {
  const std::string message(100000, 'x');
  const auto failure = passed_on(Failure(status_cannot_execute, message, "hint"));
  REQUIRE(failure);
  CHECK(failure->status == status_cannot_execute);
  CHECK(failure->what() == message.substr(0, PIPE_BUF - 1));
  CHECK(failure->hint.empty());
}

TEST_CASE("a child that sends nothing has not failed", "[child]") {
  sys::Pipe pipe = sys::make_pipe();
  pipe.write.reset();
  CHECK_FALSE(receive_failure(pipe.read));
}
