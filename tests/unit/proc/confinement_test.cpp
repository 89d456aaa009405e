#include "pidns/proc/confinement.hpp"

#include "support/catch.hpp"

using namespace pidns;
using namespace std::string_view_literals;

TEST_CASE("what confines a process is read from its attributes", "[confinement]") {
  CHECK(describe_confinement("docker-default (enforce)\n") == "the AppArmor profile docker-default");
  CHECK(describe_confinement("/usr/bin/x//y z (enforce)") == "the AppArmor profile /usr/bin/x//y z");
  CHECK(describe_confinement("system_u:system_r:container_t:s0:c1,c2\0"sv) == "the SELinux type container_t");
}

TEST_CASE("a process that nothing confines has no such words", "[confinement]") {
  for (const std::string_view text : {""sv, "unconfined\n"sv, "docker-default (complain)\n"sv,
                                      "unconfined_u:unconfined_r:unconfined_t:s0\0"sv, "kernel"sv, ":::"sv,
                                      "a:b:c"sv, "(enforce)"sv, "_"sv}) {
    CAPTURE(text);
    CHECK(describe_confinement(text).empty());
  }
}
