#include "pidns/launch/check.hpp"

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("a check is a line for each thing", "[check]") {
  const std::vector<Finding> findings{{.ok = true, .what = "kernel", .text = "Linux 6.1"},
                                      {.ok = false, .what = "own /proc", .text = "a\nb"}};
  CHECK(to_text(findings, false) == "ok  kernel     Linux 6.1\nno  own /proc  a\\x0ab\n");
  CHECK(to_text(findings, true) == "ok  kernel     Linux 6.1\n\x1b[1mno  own /proc  a\\x0ab\x1b[0m\n");
}

TEST_CASE("what pidns says when it fails is one text", "[check]") {
  CHECK(failure_text("pidns: cannot fork: Out of memory\n", 125) == "cannot fork: Out of memory");
  CHECK(failure_text("pidns: a warning\npidns: cannot x: y\npidns: hint: do z\n", 125) ==
        "cannot x: y: do z");
  CHECK(failure_text("", 137) == "ends with status 137");
  CHECK(failure_text("other: text\n", 1) == "ends with status 1");
}
