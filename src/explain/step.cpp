#include "pidns/explain/step.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pidns {

namespace {

std::string marked(Mark mark, std::string_view text) {
  return fmt::format("{}{}{}", static_cast<char>(mark), text, static_cast<char>(Mark::none));
}

}  // namespace

std::string mark_outside(const std::string& text) {
  return marked(Mark::outside, text);
}

std::string mark_inside(const std::string& text) {
  return marked(Mark::inside, text);
}

std::string mark_change(ino_t outside, ino_t inside) {
  const std::string before = fmt::format("{}", outside);
  const std::string after = fmt::format("{}", inside);
  const auto common =
      before.size() != after.size()
          ? 0
          : static_cast<std::size_t>(std::mismatch(before.begin(), before.end(), after.begin()).first -
                                     before.begin());
  return fmt::format("{}{} -> {}{}", before.substr(0, common), mark_outside(before.substr(common)),
                     after.substr(0, common), mark_inside(after.substr(common)));
}

}  // namespace pidns
