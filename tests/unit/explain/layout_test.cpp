#include "pidns/explain/layout.hpp"

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr Style plain{};

}  // namespace

TEST_CASE("sentences are broken at 80 columns", "[explain]") {
  const Step step{.headline = "a", .sentences = {std::string(70, 'x') + " yyyyyy zz", std::string(90, 'w')}};
  CHECK(render(1, step, plain) ==
        "[1] a\n    " + std::string(70, 'x') + "\n    yyyyyy zz\n    " + std::string(90, 'w') + "\n");
}

TEST_CASE("a headline is broken on a terminal only", "[explain]") {
  const Step step{.headline = "mount(a, bbbb)"};
  CHECK(render(12, step, {.width = 16}) == "[12] mount(a, bbbb)\n");
  CHECK(render(12, step, {.width = 16, .break_headlines = true}) == "[12] mount(a,\n        bbbb)\n");
  const Step flags{.headline = "f(AAA|BBB|CCC|DDD) = 0"};
  CHECK(render(1, flags, {.width = 16, .break_headlines = true}) ==
        "[1] f(AAA|BBB|\n        CCC|\n        DDD) = 0\n");
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

TEST_CASE("lines are at most as wide as the terminal, and at most 80 columns", "[explain]") {
  CHECK(choose_style(200, nullptr, nullptr).width == 80);
  CHECK(choose_style(60, nullptr, nullptr).width == 60);
  CHECK(choose_style(std::nullopt, nullptr, nullptr).width == 80);
}
