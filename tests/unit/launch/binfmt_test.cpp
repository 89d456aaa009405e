#include "pidns/launch/binfmt.hpp"

#include <catch2/catch.hpp>

using namespace pidns;

TEST_CASE("definitions that the kernel can take are let pass", "[binfmt]") {
  for (const char* definition :
       {":foo:E::foo::/bin/echo:", ":foo:M:0:\\x7fELF:\\xff\\xff\\xff\\xff:/bin/qemu:OCF",
        ",a:b,M,,magic,,/bin/x,P", ":.foo:E::x::relative:"}) {
    CAPTURE(definition);
    CHECK(definition_error(definition).empty());
  }
}

TEST_CASE("what is wrong with a definition is named", "[binfmt]") {
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

TEST_CASE("an interpreter is fixed by the flag F alone", "[binfmt]") {
  CHECK(is_fixed(":foo:E::foo::/bin/echo:F"));
  CHECK(is_fixed(",foo,M,,x,,/bin/echo,OCF"));
  CHECK_FALSE(is_fixed(":foo:E::foo::/bin/echo:OC"));
  CHECK_FALSE(is_fixed(":F:E:F:F:F:/bin/F:"));
}
