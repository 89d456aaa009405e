#include <fcntl.h>
#include <grp.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>

#include "harness.hpp"
#include "support/catch.hpp"
#include "user_namespace_cases.hpp"

using namespace harness;
using cases::Who;

namespace {

using Command = std::vector<std::string>;

/// All that a command can see of its users, groups and capabilities.
const std::string everything =
    "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id; grep Cap /proc/self/status";

/// The same as one line, see cases::Promised.
const std::string maps_on_one_line = R"sh(
for file in uid_map gid_map; do
  while read inner outer count; do printf '%s:%s:%s ' $inner $outer $count; done < /proc/self/$file
  printf '| '
done
echo "$(cat /proc/self/setgroups) | $(id -u) $(id -g)")sh";

Command words_of(std::string_view options) {
  return words(std::string(options));
}

Command join(Command front, const Command& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

/// The command in a mount namespace where the users nobody and root have the subordinate ids of cases::.
Command with_subordinate_ids(const Command& command) {
  static const TemporaryDirectory directory;
  const std::string& path = directory.path();
  write_file(path + "/subuid", "root:300000:65536\nnobody:100000:65536\n");
  write_file(path + "/subgid", "root:400000:65536\nnobody:200000:65536\n");
  return after_mounting(
      "mount --bind " + path + "/subuid /etc/subuid; mount --bind " + path + "/subgid /etc/subgid", command);
}

Command pidns_as(Who who, const Command& arguments) {
  return with_subordinate_ids(who == Who::root ? harness::pidns(arguments) : pidns_as_nobody(arguments));
}

Command unshare_as(Who who, const Command& arguments) {
  const Command command = join({"unshare", "-pf", "--mount-proc"}, arguments);
  return with_subordinate_ids(who == Who::root ? command : as_nobody(command));
}

Result run_pidns_as(Who who, std::string_view options, const Command& command) {
  return run(pidns_as(who, join(words_of(options), command)));
}

void check_seen(Who who, std::string_view options, std::string_view seen) {
  CAPTURE(who == Who::root, options);
  const Result result = run_pidns_as(who, options, {"sh", "-c", maps_on_one_line});
  CHECK(words(result.out) == words(std::string(seen)));
  CHECK(result.status() == 0);
}

/// Who made the user namespace of a process, in the eyes of the kernel.
uid_t owner_of_user_namespace(pid_t pid) {
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  uid_t owner = 0;
  REQUIRE(::ioctl(file.get(), NS_GET_OWNER_UID, &owner) == 0);
  return owner;
}

/// A directory for PATH with one program in it.
void add_program(const TemporaryDirectory& directory, const std::string& name, std::string_view script) {
  const std::string path = directory.path() + "/" + name;
  write_file(path, script);
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
  REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
}

}  // namespace

TEST_CASE("ids and capabilities inside are those that unshare gives", "[user_namespace]") {
  for (const auto& [who, options] : cases::same_as_unshare) {
    CAPTURE(who == Who::root, options);
    const Command arguments = join(words_of(options), {"sh", "-c", everything});
    const Result expected = run(unshare_as(who, arguments));
    CHECK(expected.status() == 0);
    const Result result = run(pidns_as(who, arguments));
    CHECK(result.out == expected.out);
    CHECK(result.status() == 0);
  }
}

TEST_CASE("ids inside are those that the manual of unshare promises", "[user_namespace]") {
  for (const auto& [who, options, seen] : cases::promised) {
    check_seen(who, options, seen);
  }
}

TEST_CASE("what unshare fails to do works", "[user_namespace]") {
  for (const auto& [who, options, seen, why] : cases::different) {
    CAPTURE(why);
    check_seen(who, options, seen);
  }
}

TEST_CASE("wrong values are refused before anything is unshared", "[user_namespace]") {
  for (const auto& [who, options, message] : cases::refused) {
    CAPTURE(who == Who::root, options);
    // With -v, a namespace that is made would be a line more.
    const Result result = run_pidns_as(who, "-v " + std::string(options), {"true"});
    CHECK(message_of(result).text == message);
    CHECK(result.status() == 125);
  }
}

TEST_CASE("the old form of a map is understood with a word about the new one", "[user_namespace]") {
  const Result result = run_pidns_as(Who::root, "--map-users 5,6,7", {"true"});
  CHECK(result.err == "pidns: --map-users=5,6,7: this form is deprecated, write --map-users=6:5:7\n");
  CHECK(result.status() == 0);
  CHECK(run_pidns_as(Who::root, "--map-users 6:5:7", {"true"}).err.empty());
}

TEST_CASE("who has no subordinate ids is told so", "[user_namespace]") {
  const Command command =
      after_mounting("mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid",
                     pidns_as_nobody({"-v", "--map-auto", "true"}));
  CHECK(message_of(run(command)).text == "--map-users: /etc/subuid has no line for user nobody");
  auto stranger = after_mounting("mount --bind /dev/null /etc/subgid",
                                 pidns_as_nobody({"-v", "--map-groups=subids", "true"}));
  *std::find(stranger.begin(), stranger.end(), "--reuid=nobody") = "--reuid=54321";
  CHECK(message_of(run(stranger)).text == "--map-groups: /etc/subgid has no line for user 54321");
}

TEST_CASE("ids that are not the caller's are refused by newuidmap in one line", "[user_namespace]") {
  for (const auto& [options, message] : std::map<std::string, std::string>{
           {"--map-users 0:0:1", "newuidmap: uid range [0-1) -> [0-1) not allowed"},
           {"--map-users all", "newuidmap: uid range [0-4294967295) -> [0-4294967295) not allowed"},
           {"--map-groups 0:100000:1", "newgidmap: gid range [0-1) -> [100000-100001) not allowed"},
           {"-r --map-users 0:165530:10", "newuidmap: uid range [1-10) -> [165530-165539) not allowed"}}) {
    CAPTURE(options);
    const Result result = run_pidns_as(Who::nobody, options, {"true"});
    CHECK(message_of(result).text == message);
    CHECK(result.status() == 125);
  }
}

TEST_CASE("a missing newuidmap is named with the package that has it", "[user_namespace]") {
  auto command = pidns_as(Who::nobody, {"--map-auto", "/bin/true"});
  const auto binary = std::find_if(command.begin(), command.end(),
                                   [](const std::string& word) { return word.ends_with("/pidns"); });
  command.insert(binary, {"env", "PATH=/nowhere"});
  const Result result = run(command);
  CHECK(message_of(result).text == "newuidmap: not found");
  CHECK_THAT(message_of(result).hint, Catch::Contains("uidmap"));
  CHECK(result.status() == 125);
}

TEST_CASE("users and groups that only NSS knows are found", "[user_namespace]") {
  const TemporaryDirectory directory;
  add_program(directory, "getent", R"(#!/bin/sh
case $1,$3 in
  passwd,far-user) echo far-user:x:70001:70001::/:/bin/sh ;;
  group,far-group) echo far-group:x:70002: ;;
  *) exit 2 ;;
esac
)");
  const std::string path = "PATH=" + directory.path() + ":/usr/sbin:/usr/bin:/sbin:/bin";
  CHECK(run(pidns_as_nobody({"--map-user=far-user", "--map-group=far-group", "sh", "-c", "id -u; id -g"}),
            {.environment = {path}})
            .out == "70001\n70002\n");
  const Result unknown = run(pidns_as_nobody({"--map-user=far-group", "true"}), {.environment = {path}});
  CHECK(message_of(unknown).text == "--map-user: unknown user 'far-group'");
}

TEST_CASE("the user namespace belongs to the owner that is named", "[user_namespace]") {
  for (const auto& [options, owner] :
       std::map<std::string, uid_t>{{"-r", 0}, {"--owner=1000:1001", 1000}, {"--owner=1000:1001 -r", 1000}}) {
    CAPTURE(options);
    Running command(pidns_as(Who::root, join(words_of(options), {"sh", "-c", "echo ready; read line"})));
    command.wait_for_output("ready\n");
    CHECK(owner_of_user_namespace(children_of(command.pid()).at(0)) == owner);
    command.close_stdin();
    command.finish();
  }
}

TEST_CASE("maps are written from inside another namespace too", "[user_namespace]") {
  const Command inner = harness::pidns({"--map-users=all", "--map-groups=all", "sh", "-c", maps_on_one_line});
  CHECK(run_pidns(join({"-r"}, inner)).out == "0:0:1 | 0:0:1 | deny | 0 0\n");
  // Here /proc numbers processes as the namespace around it does.
  CHECK(run_pidns(join({"--fork"}, inner)).out == "0:0:4294967295 | 0:0:4294967295 | allow | 0 0\n");
}

TEST_CASE("maps are written although the caller ignores the end of its children", "[user_namespace]") {
  const Setup setup{.before_exec = [] { ::signal(SIGCHLD, SIG_IGN); }};
  CHECK(run(pidns_as(Who::nobody, {"--map-auto", "-r", "id", "-u"}), setup).out == "0\n");
}

TEST_CASE("ids are taken in every form of a launch", "[user_namespace]") {
  for (const std::string form : {"", "--fork", "--no-fork", "--init", "--mount-proc", "-w /", "-T"}) {
    CAPTURE(form);
    const Result taken =
        run(pidns_as(Who::root, join(words_of(form + " -S 5 -G 6"),
                                     {"grep", "-E", "^(Uid|Gid|Groups):", "/proc/self/status"})),
            {.before_exec = [] {
              const std::array<gid_t, 2> groups{7, 8};
              ::setgroups(groups.size(), groups.data());
            }});
    CHECK(words(taken.out) == Command{"Uid:", "5", "5", "5", "5", "Gid:", "6", "6", "6", "6", "Groups:"});
    const Result kept = run_pidns_as(Who::nobody, form + " --keep-caps -c",
                                     {"grep", "-E", "CapEff|CapAmb", "/proc/self/status"});
    REQUIRE(lines(kept.out).size() == 2);
    CHECK(lines(kept.out)[0].substr(8) == lines(kept.out)[1].substr(8));
    CHECK(lines(kept.out)[1].substr(8).find_first_not_of('0') != std::string::npos);
  }
}

TEST_CASE("capabilities of the user namespace that is added unasked are kept too", "[user_namespace]") {
  const Command mount{"mount", "-t", "tmpfs", "tmpfs", "/mnt"};
  CHECK(run_pidns_as(Who::nobody, "", mount).status() != 0);
  CHECK(run_pidns_as(Who::nobody, "--keep-caps", mount).status() == 0);
}

TEST_CASE("a group that cannot be taken is explained", "[user_namespace]") {
  const Result result = run_pidns_as(Who::nobody, "-r -G 0", {"true"});
  CHECK(message_of(result).text == "cannot give up supplementary groups: Operation not permitted");
  CHECK_THAT(message_of(result).hint, Catch::Contains("--map-groups"));
  CHECK(result.status() == 125);
}

TEST_CASE("a command that has become another user still dies with pidns", "[user_namespace]") {
  for (const auto& [who, options] :
       std::vector<std::pair<Who, std::string>>{{Who::root, "-S 5"},
                                                {Who::root, "-G 6"},
                                                {Who::root, "-S 5 -G 6 --init"},
                                                {Who::root, "--owner 1000:1000 --map-users all -S 5"},
                                                {Who::nobody, "--map-auto -S 5 -G 6"}}) {
    CAPTURE(options);
    Running command(pidns_as(who, join(words_of(options), {"sh", "-c", "echo ready; exec sleep 1000"})));
    command.wait_for_output("ready\n");
    const auto inside = descendants_of(command.pid());
    REQUIRE_FALSE(inside.empty());
    command.send(SIGKILL);
    command.finish();
    wait_until("the end of the command", [&] {
      const char state = process_state(inside.front());
      return state == 0 || state == 'Z';
    });
  }
}

TEST_CASE("signals reach a command that has become another user", "[user_namespace]") {
  Running command(
      pidns_as(Who::nobody, {"--map-auto", "-S", "5", "sh", "-c",
                             "trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.1; done"}));
  command.wait_for_output("ready\n");
  command.send(SIGTERM);
  const Result result = command.finish();
  CHECK(result.out == "ready\ncaught\n");
  CHECK(result.status() == 3);
}
