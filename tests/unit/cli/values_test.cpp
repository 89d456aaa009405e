#include "pidns/cli/values.hpp"

#include "pidns/cli/command_line.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

/// What is wrong with a definition of --load-interp; empty: nothing.
std::string definition_error(const std::string& definition) {
  try {
    values::binfmt_definition(definition);
    return {};
  } catch (const UsageError& error) {
    return std::string(error.what()).substr(definition.size() + 1);
  }
}

bool is_fixed(const std::string& definition) {
  return values::binfmt_definition(definition).fixed;
}

}  // namespace

TEST_CASE("definitions that the kernel can take are let pass", "[values]") {
  for (const char* definition :
       {":foo:E::foo::/bin/echo:", ":foo:M:0:\\x7fELF:\\xff\\xff\\xff\\xff:/bin/qemu:OCF",
        ",a:b,M,,magic,,/bin/x,P", ":.foo:E::x::relative:"}) {
    CAPTURE(definition);
    CHECK(definition_error(definition).empty());
  }
}

TEST_CASE("what is wrong with a definition is named", "[values]") {
  CHECK(definition_error("foo") == "is not :name:type:offset:magic:mask:interpreter:flags");
  CHECK(definition_error(":foo:E::foo::/bin/echo") ==
        "is not :name:type:offset:magic:mask:interpreter:flags");
  CHECK(definition_error("::E::foo::/bin/echo:") == "has the name '', which no file can have");
  CHECK(definition_error(":..:E::foo::/bin/echo:") == "has the name '..', which no file can have");
  CHECK(definition_error(":a/b:E::foo::/bin/echo:") == "has the name 'a/b', which no file can have");
  CHECK(definition_error(":foo:X::foo::/bin/echo:") == "has the type 'X', which is neither M nor E");
  CHECK(definition_error(":foo:E::::/bin/echo:") == "has no magic");
  CHECK(definition_error(":foo:E::foo:::") == "has no interpreter");
  CHECK(definition_error(":foo:E::foo::/bin/echo:Q") ==
        "has the flags 'Q', of which only P, O, C and F are known");
  CHECK(definition_error(":foo:E::foo::/bin/echo:F:") ==
        "has the flags 'F:', of which only P, O, C and F are known");
}

TEST_CASE("an interpreter is fixed by the flag F alone", "[values]") {
  CHECK(is_fixed(":foo:E::foo::/bin/echo:F"));
  CHECK(is_fixed(",foo,M,,x,,/bin/echo,OCF"));
  CHECK_FALSE(is_fixed(":foo:E::foo::/bin/echo:OC"));
  CHECK_FALSE(is_fixed(":F:E:F:F:F:/bin/F:"));
}

TEST_CASE("a block is written inner outer count", "[values]") {
  CHECK(values::map_block("0:100000:65536") == MapBlock{.range = {0, 100000, 65536}});
  CHECK(values::map_block("4294967295:0:0") == MapBlock{.range = {4294967295, 0, 0}});
  CHECK(values::map_block("auto") == MapBlock{.source = MapBlock::Source::automatic});
  CHECK(values::map_block("subids") == MapBlock{.source = MapBlock::Source::subids});
  CHECK(values::map_block("all") == MapBlock{.source = MapBlock::Source::all});
  for (const char* text : {"", "1", "1:2", "1:2:3:4", "1:2:", ":2:3", "1::3", "-1:2:3", "1:2:-3", "1: 2:3",
                           "a:b:c", "1:2:3 ", "1:2:4294967296", "Auto", "autos", "1,2:3", "1:2,3", "1;2;3"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(values::map_block(text), UsageError);
  }
}

TEST_CASE("the old form of a block has commas and begins with the outer id", "[values]") {
  const auto block = values::map_block("100000,0,65536");
  CHECK(block.range == IdRange{0, 100000, 65536});
  CHECK(block.old_form);
  CHECK_FALSE(values::map_block("0:100000:65536").old_form);
  for (const char* text : {"1,2", "1,2,3,4", "1,,3", "1,2,x"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(values::map_block(text), UsageError);
  }
}
