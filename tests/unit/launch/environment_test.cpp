#include "pidns/launch/environment.hpp"

#include <unistd.h>

#include <array>
#include <utility>

#include "support/catch.hpp"

using namespace pidns;

namespace {

/// What is left of A=1, AB=2, A=3 and one that has no value.
std::vector<std::string> left_by(const std::vector<std::string>& names) {
  std::array variables{std::string("A=1"), std::string("AB=2"), std::string("A=3"), std::string("C")};
  std::array<char*, 5> list{variables[0].data(), variables[1].data(), variables[2].data(),
                            variables[3].data(), nullptr};
  char** const before = std::exchange(environ, list.data());
  keep_only(names);
  std::vector<std::string> left;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    left.emplace_back(*variable);
  }
  environ = before;
  return left;
}

}  // namespace

TEST_CASE("a variable is named by all that stands before its value", "[environment]") {
  CHECK(is_named("A=1", {"B", "A"}));
  CHECK(is_named("A=", {"A"}));
  CHECK(is_named("A=B=C", {"A"}));
  CHECK_FALSE(is_named("AB=1", {"A"}));
  CHECK_FALSE(is_named("A=1", {"AB"}));
  CHECK_FALSE(is_named("A=1", {"A=1"}));
  CHECK_FALSE(is_named("A=1", {}));
}

TEST_CASE("only what is named is left of the environment, in its order", "[environment]") {
  CHECK(left_by({}).empty());
  CHECK(left_by({"X"}).empty());
  CHECK(left_by({"A"}) == std::vector<std::string>{"A=1", "A=3"});
  CHECK(left_by({"C", "AB"}) == std::vector<std::string>{"AB=2", "C"});
}
