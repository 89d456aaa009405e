#include "pidns/proc/confinement.hpp"

#include <fmt/format.h>

#include <array>

#include "pidns/util/text.hpp"

namespace pidns {

std::string describe_confinement(std::string_view text) {
  std::string_view line = consume_until(text, '\0');
  line = consume_until(line, '\n');
  // AppArmor: `PROFILE (MODE)`, or `unconfined`. Only in the mode enforce it refuses anything.
  constexpr std::string_view enforced = " (enforce)";
  if (line.ends_with(enforced)) {
    line.remove_suffix(enforced.size());
    return fmt::format("the AppArmor profile {}", line);
  }
  // SELinux: `USER:ROLE:TYPE:LEVEL`
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    field = consume_until(line, ':');
  }
  const std::string_view type = fields.back();
  const bool is_type = type.ends_with("_t") && fields[1].ends_with("_r");
  return is_type && type != "unconfined_t" ? fmt::format("the SELinux type {}", type) : std::string();
}

}  // namespace pidns
