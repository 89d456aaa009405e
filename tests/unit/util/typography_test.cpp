#include "pidns/util/typography.hpp"

#include <string>

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("characters of slides are told from those of a shell", "[typography]") {
  CHECK(first_space("a b") == " ");
  CHECK(first_space("a\u00a0b c") == "\u00a0");
  CHECK(first_space("a\u3000") == "\u3000");
  CHECK(first_space("a_b").empty());
  CHECK(first_typographic_quote("say “ls”") == "“");
  CHECK(first_typographic_quote("say \"ls\" 'ls'").empty());
  for (const char* dash : {"—fork", "–f", "−fork", "‐fork", "－fork"}) {
    CAPTURE(dash);
    CHECK(starts_with_typographic_dash(dash));
    CHECK(trim_dashes(dash).starts_with('f'));
  }
  CHECK_FALSE(starts_with_typographic_dash("--fork"));
  CHECK_FALSE(starts_with_typographic_dash(""));
  CHECK(trim_dashes("--fork") == "fork");
  CHECK(trim_dashes("-–fork-") == "fork-");
  CHECK(trim_dashes("--").empty());
}

TEST_CASE("a text that is cut off inside a character has no such character", "[typography]") {
  CHECK(first_space("a\xc2").empty());
  CHECK(first_typographic_quote("\xe2\x80").empty());
  CHECK(trim_dashes("\xe2\x80") == "\xe2\x80");
}
