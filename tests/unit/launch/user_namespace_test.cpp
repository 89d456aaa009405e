#include "pidns/launch/user_namespace.hpp"

#include <unistd.h>

#include "pidns/launch/id_map_writer.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/util/failure.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

using Ranges = std::vector<IdRange>;

const MapBlock block{.range = {0, 100000, 10}};
const MapPlan own{.lines = {{0, 1000, 1}}, .writer = MapWriter::self};
const MapPlan ranges{.lines = {{0, 1000, 1}, {1, 100000, 9}}, .writer = MapWriter::tool};

UserNamespacePlan plan(IdMapRequest users, IdMapRequest groups) {
  Options options;
  options.users = std::move(users);
  options.groups = std::move(groups);
  Log log;
  return plan_user_namespace(options, log);
}

/// Why it is refused; `no failure` if it is not.
std::string refusal(const IdMapRequest& users, const IdMapRequest& groups) {
  try {
    plan(users, groups);
  } catch (const Failure& failure) {
    CHECK(failure.status == status_failed);
    return failure.what();
  }
  return "no failure";
}

}  // namespace

TEST_CASE("a process maps its own id alone by itself", "[user_namespace]") {
  CHECK_FALSE(needs_helper({}, false));
  CHECK_FALSE(needs_helper({.current = "0"}, false));
  CHECK(needs_helper({.blocks = {block}}, false));
  CHECK(needs_helper({.current = "0", .blocks = {block}}, false));
  CHECK(needs_helper({.current = "0"}, true));
}

TEST_CASE("setgroups is denied where the kernel takes the map of groups only so", "[user_namespace]") {
  CHECK(choose_setgroups(std::nullopt, own) == Setgroups::deny);
  CHECK(choose_setgroups(Setgroups::deny, own) == Setgroups::deny);
  CHECK(choose_setgroups(std::nullopt, {}) == std::nullopt);
  CHECK(choose_setgroups(Setgroups::allow, {}) == Setgroups::allow);
  CHECK(choose_setgroups(std::nullopt, ranges) == std::nullopt);
  CHECK(choose_setgroups(Setgroups::deny, ranges) == Setgroups::deny);
  CHECK(choose_setgroups(Setgroups::allow, ranges) == Setgroups::allow);
}

TEST_CASE("a helper is made only if it has something to write", "[user_namespace]") {
  const MapPlan nothing_outside{.lines = {}, .writer = MapWriter::helper};
  CHECK_FALSE(needs_outside_writer({}));
  CHECK_FALSE(needs_outside_writer({.users = own, .groups = own, .setgroups = Setgroups::deny}));
  CHECK(needs_outside_writer({.users = ranges, .groups = own}));
  CHECK(needs_outside_writer({.users = own, .groups = ranges}));
  CHECK_FALSE(needs_outside_writer({.users = nothing_outside, .groups = nothing_outside}));
  CHECK(needs_outside_writer(
      {.users = nothing_outside, .groups = nothing_outside, .setgroups = Setgroups::deny}));
}

TEST_CASE("own ids are planned by number and by name", "[user_namespace]") {
  const UserNamespacePlan numbers = plan({.current = "7"}, {.current = "8"});
  CHECK(numbers.users.lines == Ranges{{7, ::geteuid(), 1}});
  CHECK(numbers.groups.lines == Ranges{{8, ::getegid(), 1}});
  CHECK(numbers.users.writer == MapWriter::self);
  CHECK(numbers.groups.writer == MapWriter::self);
  CHECK(numbers.setgroups == Setgroups::deny);
  const UserNamespacePlan names = plan({.current = "root"}, {.current = "root"});
  CHECK(names.users.lines == Ranges{{0, ::geteuid(), 1}});
  CHECK(names.groups.lines == Ranges{{0, ::getegid(), 1}});
  CHECK(plan({}, {}).users.lines.empty());
  CHECK(plan({}, {}).groups.lines.empty());
}

TEST_CASE("blocks are planned around the own id", "[user_namespace]") {
  const UserNamespacePlan ranges_outside =
      plan({.current = "0", .blocks = {{.range = {0, 4000000000, 10}}}}, {});
  CHECK(ranges_outside.users.lines == Ranges{{0, ::geteuid(), 1}, {1, 4000000000, 9}});
  CHECK(ranges_outside.users.writer != MapWriter::self);
  CHECK_FALSE(plan({.blocks = {{.source = MapBlock::Source::all}}}, {}).users.lines.empty());
}

TEST_CASE("maps that cannot be right are refused before anything is done", "[user_namespace]") {
  CHECK(refusal({.current = "no such user"}, {}) == "--map-user: unknown user 'no such user'");
  CHECK(refusal({}, {.current = "no such group"}) == "--map-group: unknown group 'no such group'");
  CHECK(refusal({.current = "4294967295"}, {}) == "--map-user: unknown user '4294967295'");
  CHECK(refusal({}, {.current = "99999999999"}) == "--map-group: unknown group '99999999999'");
  CHECK(refusal({.blocks = {{.range = {0, 0, 0}}}}, {}) == "--map-users: 0:0:0 maps no ID");
  CHECK(refusal({}, {.blocks = {block, block}}) == "--map-groups: 0:100000:10 and 0:100000:10 overlap");
}
