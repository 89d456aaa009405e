#include "pidns/cli/option_table.hpp"

#include <algorithm>

#include "pidns/util/namespaces.hpp"
#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("each kind of namespace has its option", "[option_table]") {
  const auto table = option_table();
  for (const NamespaceKind& kind : namespace_kinds) {
    INFO(kind.option);
    const auto row = std::find_if(table.begin(), table.end(),
                                  [&](const OptionSpec& spec) { return spec.name == kind.option; });
    REQUIRE(row != table.end());
    CHECK(row->value.takes == Takes::optional_equals);
    CHECK(row->value.name == "FILE");
    Settings settings;
    row->read(settings, "file");
    REQUIRE(settings.options.pinned.size() == 1);
    CHECK(settings.options.pinned.front() == PinnedNamespace{kind.flag, "file"});
  }
}
