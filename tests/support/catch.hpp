#pragma once

/// Catch2 in version 3 or 2, whichever CMake has found, by the names of version 2.

#if __has_include(<catch2/catch_all.hpp>)

#include <catch2/catch_all.hpp>
#include <string>

namespace Catch {

using Matchers::EndsWith;
using Matchers::Matches;
using Matchers::StartsWith;

inline auto Contains(const std::string& text) {
  return Matchers::ContainsSubstring(text);
}

/// Whether the tests are only to be listed.
inline bool is_listing(const ConfigData& config) {
  return config.listTests || config.listTags || config.listReporters || config.listListeners;
}

}  // namespace Catch

#else

#include <catch2/catch.hpp>

namespace Catch {

/// A template, since only the file with main() knows this version's ConfigData.
template <typename Config>
bool is_listing(const Config& config) {
  return config.listTests || config.listTestNamesOnly || config.listTags || config.listReporters;
}

}  // namespace Catch

#endif
