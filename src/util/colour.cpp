#include "pidns/util/colour.hpp"

#include <cstdlib>

namespace pidns {

namespace {

std::string_view text_of(const char* variable) {
  return variable == nullptr ? std::string_view() : std::string_view(variable);
}

}  // namespace

ColourEnvironment read_colour_environment() {
  const auto read = [](const char* name) { return std::getenv(name); };
  return {.no_color = read("NO_COLOR"), .clicolor_force = read("CLICOLOR_FORCE"), .term = read("TERM")};
}

bool wants_colour(ColourWhen when, bool to_terminal, const ColourEnvironment& environment) {
  if (when != ColourWhen::automatic) {
    return when == ColourWhen::always;
  }
  if (!text_of(environment.no_color).empty()) {
    return false;
  }
  const std::string_view force = text_of(environment.clicolor_force);
  if (!force.empty() && force != "0") {
    return true;
  }
  return to_terminal && environment.term != nullptr && text_of(environment.term) != "dumb";
}

}  // namespace pidns
