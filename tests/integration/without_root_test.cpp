#include <sys/stat.h>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

const std::string refusal = "refusing to run: set-user-ID, set-group-ID or file capabilities";

/// Runs a copy of pidns as the user nobody, on a filesystem that heeds set-user-ID, after a command of sh has
/// changed `$copy`.
Result run_changed_copy(const std::string& change) {
  const TemporaryDirectory directory;
  const std::string script = "directory=" + directory.path() + R"(
mount -t tmpfs -o suid,exec,mode=755 tmpfs $directory
copy=$directory/pidns
cp "$1" $copy
chmod 755 $copy
)" + change + R"(
shift
set -- "$@" $copy true)";
  return run(after_mounting(
      script, {pidns_binary(), "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"}));
}

}  // namespace

TEST_CASE("pidns just works for nobody", "[without_root]") {
  const Result result = run(pidns_as_nobody({"bash", "-c", "echo $$; id -un; id -gn"}));
  CHECK(result.out == "2\nnobody\nnogroup\n");
  CHECK(result.err.empty());
  CHECK(result.status() == 0);
}

TEST_CASE("nobody gets a proc of the new namespace", "[without_root]") {
  const Result result = run(
      pidns_as_nobody({"sh", "-c", "readlink /proc/self; all=$(ps -A --no-headers); echo \"$all\" | wc -l"}));
  REQUIRE(lines(result.out).size() == 2);
  CHECK(lines(result.out)[0] == "3");
  CHECK(lines(result.out)[1] == "3");  // pidns, sh and ps
}

TEST_CASE("the user namespace that was added is told to who asks", "[without_root]") {
  const Result result = run(pidns_as_nobody({"-v", "true"}));
  CHECK(result.status() == 0);
  REQUIRE(lines(result.err).size() == 2);
  CHECK_THAT(lines(result.err)[0],
             Catch::StartsWith("pidns: ") && Catch::Contains("adding a user namespace"));
  CHECK(lines(result.err)[1] == "pidns: created user, PID and mount namespaces");
}

TEST_CASE("root gets no user namespace unasked", "[without_root]") {
  const Result result = run_pidns({"-v", "true"});
  CHECK(result.err == "pidns: created PID and mount namespaces\n");
}

TEST_CASE("ids are mapped as asked", "[without_root]") {
  const std::string ids = "id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map";
  using Words = std::vector<std::string>;
  const std::string user = lines(run(as_nobody({"id", "-u"})).out).front();
  const std::string group = lines(run(as_nobody({"id", "-g"})).out).front();
  for (const char* option : {"-r", "--map-root-user"}) {
    CHECK(words(run(pidns_as_nobody({option, "sh", "-c", ids})).out) ==
          Words{"0", "0", "0", user, "1", "0", group, "1"});
  }
  for (const char* option : {"-c", "--map-current-user"}) {
    CHECK(words(run(pidns_as_nobody({option, "sh", "-c", ids})).out) ==
          Words{user, group, user, user, "1", group, group, "1"});
  }
  const std::string overflow_user = lines(read_file("/proc/sys/kernel/overflowuid")).front();
  const std::string overflow_group = lines(read_file("/proc/sys/kernel/overflowgid")).front();
  CHECK(words(run(pidns_as_nobody({"-U", "sh", "-c", ids})).out) == Words{overflow_user, overflow_group});
  CHECK(words(run_pidns({"-U", "sh", "-c", ids}).out) == Words{overflow_user, overflow_group});
  CHECK(words(run_pidns({"-r", "sh", "-c", ids}).out) == Words{"0", "0", "0", "0", "1", "0", "0", "1"});
}

TEST_CASE("mapped ids are the same as those of unshare", "[without_root]") {
  const std::string facts =
      "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id; grep Cap "
      "/proc/self/status";
  for (const std::string option : {"-r", "-c", "-U"}) {
    CAPTURE(option);
    CHECK(run(pidns_as_nobody({option, "sh", "-c", facts})).out ==
          run(as_nobody({"unshare", "-pf", "--mount-proc", option, "sh", "-c", facts})).out);
  }
}

TEST_CASE("every form of a launch works for nobody", "[without_root]") {
  CHECK(run(pidns_as_nobody({"--fork", "sh", "-c", "echo $$"})).out == "1\n");
  CHECK(run(pidns_as_nobody({"--no-fork", "id", "-un"})).out == "nobody\n");
  CHECK(run(pidns_as_nobody({"-fmuinCT", "sh", "-c", "echo $$"})).out == "1\n");
  CHECK(run(pidns_as_nobody({"--propagation=unchanged", "sh", "-c", "echo $$"})).out == "2\n");
  CHECK(run(pidns_as_nobody({"--mount-proc", "sh", "-c", "echo $$"})).out == "1\n");
}

TEST_CASE("without a user namespace nobody is refused with the way out", "[without_root]") {
  const Result result = run(pidns_as_nobody({"--no-user", "true"}));
  CHECK(result.status() == 125);
  CHECK(message_of(result).text == "cannot create PID and mount namespaces: Operation not permitted");
  CHECK_THAT(message_of(result).hint, Catch::Contains("--no-user"));
}

TEST_CASE("pidns refuses to run with more privilege than its caller", "[without_root]") {
  for (const std::string change : {"chmod u+s $copy", "chmod g+s $copy", "setcap cap_sys_admin+ep $copy",
                                   "setcap cap_net_bind_service+ep $copy"}) {
    CAPTURE(change);
    const Result result = run_changed_copy(change);
    CHECK(result.status() == 125);
    CHECK(message_of(result).text == refusal);
    CHECK_FALSE(message_of(result).hint.empty());
  }
  const Result unchanged = run_changed_copy("true");
  CHECK(unchanged.status() == 0);
  CHECK(unchanged.err.empty());
}

TEST_CASE("a user without an entry in passwd gets the plain shell", "[without_root]") {
  auto command = pidns_as_nobody({});
  command[1] = "--reuid=54321";
  command.insert(command.begin(), {"env", "-u", "SHELL"});
  CHECK(run(command, {.input = "echo $0 $$\n"}).out == "/bin/sh 2\n");
}
