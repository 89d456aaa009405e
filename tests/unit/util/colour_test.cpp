#include "pidns/util/colour.hpp"

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("colours are for a terminal unless something else is said", "[colour]") {
  const ColourEnvironment usual{.term = "xterm"};
  CHECK(wants_colour(ColourWhen::automatic, true, usual));
  CHECK_FALSE(wants_colour(ColourWhen::automatic, false, usual));
  CHECK_FALSE(wants_colour(ColourWhen::automatic, true, {.term = "dumb"}));
  CHECK_FALSE(wants_colour(ColourWhen::automatic, true, {}));
}

TEST_CASE("the environment can forbid colours, or force them", "[colour]") {
  CHECK_FALSE(wants_colour(ColourWhen::automatic, true, {.no_color = "1", .term = "xterm"}));
  CHECK(wants_colour(ColourWhen::automatic, true, {.no_color = "", .term = "xterm"}));
  CHECK(wants_colour(ColourWhen::automatic, false, {.clicolor_force = "1"}));
  CHECK_FALSE(wants_colour(ColourWhen::automatic, false, {.clicolor_force = "0"}));
  CHECK_FALSE(wants_colour(ColourWhen::automatic, false, {.clicolor_force = ""}));
  CHECK_FALSE(
      wants_colour(ColourWhen::automatic, true, {.no_color = "1", .clicolor_force = "1", .term = "xterm"}));
}

TEST_CASE("the option --color decides before the environment", "[colour]") {
  CHECK(wants_colour(ColourWhen::always, false, {.no_color = "1"}));
  CHECK_FALSE(wants_colour(ColourWhen::never, true, {.clicolor_force = "1", .term = "xterm"}));
}
