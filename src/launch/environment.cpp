#include "pidns/launch/environment.hpp"

#include <unistd.h>

#include <algorithm>

#include "pidns/util/text.hpp"

namespace pidns {

bool is_named(std::string_view variable, const std::vector<std::string>& names) {
  const std::string_view name = consume_until(variable, '=');
  return std::find(names.begin(), names.end(), name) != names.end();
}

void keep_only(const std::vector<std::string>& names) {
  // In place: a child that shares its parent's memory changes it for both, and the parent reads none of it.
  char** end = environ;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (is_named(*variable, names)) {
      *end++ = *variable;
    }
  }
  *end = nullptr;
}

}  // namespace pidns
