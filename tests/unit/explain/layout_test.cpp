#include "pidns/explain/layout.hpp"

#include "pidns/util/colour.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr Style plain{};

}  // namespace

TEST_CASE("sentences are broken at 80 columns", "[explain]") {
  const Step step{.headline = "a", .sentences = {std::string(70, 'x') + " yyyyyy zz", std::string(90, 'w')}};
  const std::string text = "[1] a\n    " + std::string(70, 'x') + "\n    yyyyyy zz\n    " +
                           std::string(76, 'w') + "\n    " + std::string(14, 'w') + "\n";
  CHECK(render(1, step, plain) == text);
  CHECK(render(1, step, {.width = 200}) == text);
}

TEST_CASE("a headline is broken at the width of the terminal", "[explain]") {
  const Step step{.headline = "mount(a, bbbb)"};
  CHECK(render(12, step, {.width = 80}) == "[12] mount(a, bbbb)\n");
  CHECK(render(12, step, {.width = 16}) == "[12] mount(a,\n        bbbb)\n");
  const Step flags{.headline = "f(AAA|BBB|CCC|DDD) = 0"};
  CHECK(render(1, flags, {.width = 16}) == "[1] f(AAA|BBB|\n        CCC|\n        DDD) = 0\n");
  const Step long_one{.headline = std::string(100, 'x')};
  CHECK(render(1, long_one, {.width = 120}) == "[1] " + std::string(100, 'x') + "\n");
}

TEST_CASE("a long word is broken between two characters", "[explain]") {
  CHECK(render(1, {.headline = "aa\xc3\xa4\xc3\xa4zz"}, {.width = 9}) ==
        "[1] aa\xc3\xa4\n        \xc3\xa4\n        z\n        z\n");
}

TEST_CASE("marks become colours, and nothing without colour", "[explain]") {
  const Step step{.headline = mark_inside("PID 1") + ": f()", .sentences = {"pid " + mark_change(41, 42)}};
  CHECK(render(1, step, {}) == "[1] PID 1: f()\n    pid 41 -> 42\n");
  CHECK(render(1, step, {.colour = true}) ==
        "[1] \x1b[1m" + std::string(inside_colour) + "PID 1\x1b[0m\x1b[1m: f()\x1b[0m\n    pid 4" +
            std::string(outside_colour) + "1\x1b[0m -> 4" + std::string(inside_colour) + "2\x1b[0m\n");
}

TEST_CASE("marks do not count for the width", "[explain]") {
  const Step step{.headline = mark_outside("aaa") + ", " + mark_inside("bbb")};
  CHECK(render(1, step, {.width = 12}) == "[1] aaa, bbb\n");
  CHECK(render(1, step, {.width = 11}) == "[1] aaa,\n        bbb\n");
}

TEST_CASE("a message is broken at blanks, with a hanging indent", "[explain]") {
  CHECK(wrap_message("pidns: aaa bbb", 14) == "pidns: aaa bbb");
  CHECK(wrap_message("pidns: aaa bbb ccc", 14) == "pidns: aaa bbb\n    ccc");
}

TEST_CASE("a question shows the whole call, and the keys", "[explain]") {
  const std::string text = render_question(3, {.headline = "unshare(A|B)", .sentences = {"no"}}, {});
  CHECK(text == "[3] unshare(A|B)\n    next: press a key (c: do not stop again, q: quit) ");
}

TEST_CASE("quoted text cannot steer the terminal", "[explain]") {
  const std::string text = render(1, {.headline = "\x1b[2J", .sentences = {"\x1b[2J\n"}}, plain);
  CHECK(text == "[1] \\x1b[2J\n    \\x1b[2J\\x0a\n");
}

TEST_CASE("a terminal gets colour unless it is dumb or NO_COLOR is set", "[explain]") {
  CHECK(choose_style(80, nullptr, "xterm").colour);
  CHECK(choose_style(80, "", "xterm").colour);
  CHECK_FALSE(choose_style(80, "1", "xterm").colour);
  CHECK_FALSE(choose_style(80, nullptr, "dumb").colour);
  CHECK_FALSE(choose_style(80, nullptr, nullptr).colour);
  CHECK_FALSE(choose_style(std::nullopt, nullptr, "xterm").colour);
  const Step step{.headline = "a", .sentences = {"b"}};
  CHECK(render(1, step, {.colour = true}) == "[1] \x1b[1ma\x1b[0m\n    b\n");
  CHECK(render(1, {.headline = "a", .failed = true}, {.colour = true}) == "[1] \x1b[1;31ma\x1b[0m\n");
}

TEST_CASE("lines are as wide as the terminal, or 80 columns", "[explain]") {
  CHECK(choose_style(200, nullptr, nullptr).width == 200);
  CHECK(choose_style(60, nullptr, nullptr).width == 60);
  CHECK(choose_style(std::nullopt, nullptr, nullptr).width == 80);
}
