#include "pidns/launch/join.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "pidns/launch/hints.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/failure.hpp"

using namespace pidns;

TEST_CASE("an id is looked up in the map of a user namespace", "[join]") {
  constexpr std::string_view one = "         0       1000          1\n";
  CHECK(is_mapped(one, 1000));
  CHECK_FALSE(is_mapped(one, 0));
  CHECK_FALSE(is_mapped(one, 1001));
  constexpr std::string_view ranges =
      "         0       1000          1\n"
      "         1     100000      65536\n";
  CHECK(is_mapped(ranges, 100000));
  CHECK(is_mapped(ranges, 165535));
  CHECK_FALSE(is_mapped(ranges, 165536));
  CHECK_FALSE(is_mapped(ranges, 1));
}

TEST_CASE("the first user namespace maps every id", "[join]") {
  constexpr std::string_view all = "         0          0 4294967295\n";
  CHECK(is_mapped(all, 0));
  CHECK(is_mapped(all, 4294967294));
  CHECK_FALSE(is_mapped(all, 4294967295));
}

TEST_CASE("an empty map maps nobody", "[join]") {
  CHECK_FALSE(is_mapped("", 0));
  CHECK_FALSE(is_mapped("\n", 0));
}

TEST_CASE("the end of PID 1 while a namespace is joined is explained", "[join]") {
  Options options;
  const sys::Error no_memory(sys::Syscall::fork, ENOMEM, "cannot fork");
  CHECK(diagnose(no_memory, options).hint.empty());
  options.join = 4711;
  const Failure failure = diagnose(no_memory, options);
  CHECK(failure.status == status_failed);
  CHECK(failure.what() == std::string("cannot fork: Cannot allocate memory"));
  CHECK(failure.hint == "PID 1 of that namespace has ended, and the kernel starts nothing in it any more");
}
