#include "pidns/launch/hints.hpp"

#include <cerrno>

#include "pidns/sys/error.hpp"
#include "pidns/util/failure.hpp"
#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("the end of PID 1 while a namespace is joined is explained", "[hints]") {
  Options options;
  const sys::Error no_memory(sys::Syscall::fork, ENOMEM, "cannot fork");
  CHECK(diagnose(no_memory, options).hint.empty());
  options.join = Target{.number = 4711, .text = "4711"};
  const Failure failure = diagnose(no_memory, options);
  CHECK(failure.status == status_failed);
  CHECK(failure.what() == std::string("cannot fork: Cannot allocate memory"));
  CHECK(failure.hint == "PID 1 of that namespace has exited, so the kernel creates no process in it");
}
