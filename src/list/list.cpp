#include "pidns/list/list.hpp"

#include <cstdlib>

#include "pidns/list/dot.hpp"
#include "pidns/list/json.hpp"
#include "pidns/list/listing.hpp"
#include "pidns/list/tree.hpp"
#include "pidns/sys/terminal.hpp"
#include "pidns/util/colour.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// COLUMNS, which watch(1) sets, counts where stdout is not a terminal.
std::optional<std::size_t> width_without_terminal() {
  const char* columns = std::getenv("COLUMNS");
  const auto width = columns == nullptr ? std::nullopt : parse_number<std::size_t>(columns);
  return width && *width > 0 ? width : std::nullopt;
}

}  // namespace

std::string list_namespaces(const ListRequest& request) {
  const Listing listing = read_listing(request.targets);
  if (request.json) {
    return to_json(listing);
  }
  if (request.dot) {
    return to_dot(listing);
  }
  const auto terminal_width = sys::stdout_width();
  return to_text(listing, terminal_width ? terminal_width : width_without_terminal(),
                 wants_colour(request.colour, terminal_width.has_value(), read_colour_environment()));
}

}  // namespace pidns
