#include "pidns/text.hpp"

#include <catch2/catch.hpp>

using namespace pidns;

TEST_CASE("a text is taken apart at a separator", "[text]") {
  std::string_view text = "a::b";
  CHECK(take_until(text, ':') == "a");
  CHECK(take_until(text, ':').empty());
  CHECK(take_until(text, ':') == "b");
  CHECK(text.empty());
  CHECK(take_until(text, ':').empty());
}

TEST_CASE("the number at the start of a text is read", "[text]") {
  CHECK(leading_number<int>("12x") == 12);
  CHECK(leading_number<int>("x") == 0);
  CHECK(leading_number<int>("") == 0);
  CHECK(leading_number<int>("99999999999") == 0);
  CHECK(leading_number<unsigned>("ff", 16) == 255);
}

TEST_CASE("control characters do not break a line", "[text]") {
  CHECK(on_one_line("a\nb\tc\x1b[0m\x7f") == "a\\x0ab\\x09c\\x1b[0m\\x7f");
  CHECK(on_one_line("caf\xc3\xa9 \\n") == "caf\xc3\xa9 \\n");
  CHECK(on_one_line("").empty());
}
