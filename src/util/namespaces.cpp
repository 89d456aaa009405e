#include "pidns/util/namespaces.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace pidns {

const NamespaceKind& namespace_kind(int flag) {
  return *std::find_if(namespace_kinds.begin(), namespace_kinds.end(),
                       [&](const NamespaceKind& kind) { return kind.flag == flag; });
}

std::string describe_namespaces(int flags) {
  std::vector<std::string_view> titles;
  for (const NamespaceKind& kind : namespace_kinds) {
    if ((flags & kind.flag) != 0) {
      titles.push_back(kind.title);
    }
  }
  if (titles.size() == 1) {
    return fmt::format("a {} namespace", titles.front());
  }
  const std::string_view last = titles.back();
  titles.pop_back();
  return fmt::format("{} and {} namespaces", fmt::join(titles, ", "), last);
}

}  // namespace pidns
