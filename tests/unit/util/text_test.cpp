#include "pidns/util/text.hpp"

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("the value of a line of /proc is found by its key", "[text]") {
  constexpr std::string_view text = "Name:\tpid: 1\nPid:\t4711\nPid:\t1\n\nlast:";
  CHECK(value_of(text, "Name") == "pid: 1");
  CHECK(value_of(text, "Pid") == "4711");
  CHECK(value_of(text, "last").empty());
  CHECK(value_of(text, "PPid").empty());
  CHECK(value_of("", "Pid").empty());
}

TEST_CASE("a text is taken apart at a separator", "[text]") {
  std::string_view text = "a::b";
  CHECK(consume_until(text, ':') == "a");
  CHECK(consume_until(text, ':').empty());
  CHECK(consume_until(text, ':') == "b");
  CHECK(text.empty());
  CHECK(consume_until(text, ':').empty());
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

TEST_CASE("control characters of eight bits and bytes that are no UTF-8 are escaped", "[text]") {
  CHECK(on_one_line("a\xc2\x9b"
                    "31mb") == "a\\xc2\\x9b31mb");
  CHECK(on_one_line("caf\xe9") == "caf\\xe9");
  CHECK(on_one_line("\xc3") == "\\xc3");
  CHECK(on_one_line("\xe3\x81") == "\\xe3\\x81");
  CHECK(on_one_line("\xc0\xaf") == "\\xc0\\xaf");                    // a slash in two bytes
  CHECK(on_one_line("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // half of a surrogate pair
  CHECK(on_one_line("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond the last character
  CHECK(on_one_line("\xff\x80") == "\\xff\\x80");
}

TEST_CASE("characters that cannot be seen or turn the direction of a text are escaped", "[text]") {
  CHECK(on_one_line("a\u202eb") == "a\\xe2\\x80\\xaeb");  // right-to-left override
  CHECK(on_one_line("a\u2066b") == "a\\xe2\\x81\\xa6b");  // left-to-right isolate
  CHECK(on_one_line("a\u200bb") == "a\\xe2\\x80\\x8bb");  // zero-width space
  CHECK(on_one_line("a\u00adb") == "a\\xc2\\xadb");       // soft hyphen
  CHECK(on_one_line("a\u2028b\u2029") == "a\\xe2\\x80\\xa8b\\xe2\\x80\\xa9");
  CHECK(on_one_line("a\U000e0041b") == "a\\xf3\\xa0\\x81\\x81b");  // a tag
}

TEST_CASE("valid UTF-8 is left alone", "[text]") {
  for (const std::string_view text : {"\xc2\xa0", "\xe3\x81\x82", "\xf0\x9f\x90\xa7", "\xf4\x8f\xbf\xbf"}) {
    CHECK(on_one_line(text) == text);
  }
}

TEST_CASE("a text is cut between its characters", "[text]") {
  CHECK(fit("abc", 2) == "ab");
  CHECK(fit("abc", 3) == "abc");
  CHECK(fit("abc", 9) == "abc");
  CHECK(fit("abc", 0).empty());
  CHECK(fit("\xc3\xa9\xc3\xa9", 1) == "\xc3\xa9");
}

TEST_CASE("a text is cut by columns and not by characters", "[text]") {
  const std::string_view wide = "\xe3\x81\x82\xe3\x81\x84";
  CHECK(fit(wide, 4) == wide);
  CHECK(fit(wide, 3) == "\xe3\x81\x82");
  CHECK(fit(wide, 1).empty());
  CHECK(fit("e\xcc\x81xy", 2) == "e\xcc\x81x");
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("") == 0);
  CHECK(columns_of(wide) == 4);
  CHECK(columns_of("\U0001f427") == 2);
  CHECK(columns_of("\u0e01\u0e34") == 1);        // Thai, a vowel above its consonant
  CHECK(columns_of("\u0915\u094d\u200d") == 1);  // Devanagari, with marks that take no room
}
