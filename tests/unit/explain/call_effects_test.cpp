#include "pidns/explain/call_effects.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr sys::Result done{};

sys::Result failed(int error) {
  return {.value = -1, .error = error};
}

std::string joined(const Step& step) {
  std::string text;
  for (const std::string& sentence : step.sentences) {
    text += sentence + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("unshare names each namespace that changed", "[explain]") {
  const Step step = describe_call(sys::Unshare{CLONE_NEWPID | CLONE_NEWNS}, done,
                                  {.changes = {{CLONE_NEWNS, 41, 42}}, .pid_namespace = 36});
  CHECK(step.headline == "unshare(CLONE_NEWNS|CLONE_NEWPID) = 0");
  CHECK(step.sentences == std::vector<std::string>{
                              "pidns now has its own mount table: mnt 41 -> 42.",
                              "pidns itself stays in PID namespace 36: only its children enter the new one.",
                          });
  CHECK_FALSE(step.failed);
}

TEST_CASE("unshare says that only children enter a new PID or time namespace", "[explain]") {
  const Step step = describe_call(sys::Unshare{CLONE_NEWPID | CLONE_NEWTIME}, done, {.pid_namespace = 36});
  CHECK(joined(step) ==
        "pidns itself stays in PID namespace 36: only its children enter the new one.\n"
        "pidns keeps its clocks: only its children enter the new time namespace.\n");
}

TEST_CASE("setns names each namespace that was joined", "[explain]") {
  const Step step = describe_call(sys::SetNs{5, CLONE_NEWPID | CLONE_NEWNET}, done,
                                  {.changes = {{CLONE_NEWNET, 41, 42}}, .pid_namespace = 36});
  CHECK(joined(step) ==
        "pidns has joined another network namespace: net 41 -> 42.\n"
        "pidns itself stays in PID namespace 36: only its children enter the other one.\n");
}

TEST_CASE("the child of a fork has its PIDs outside and inside", "[explain]") {
  const Observation observed{.changes = {{CLONE_NEWPID, 36, 92}, {CLONE_NEWTIME, 34, 93}},
                             .pid_namespace = 92,
                             .outside = 4711,
                             .inside = 1};
  const Step step = describe_call(sys::Fork{sys::Memory::shared}, sys::Result{.value = 4711}, observed);
  CHECK(step.sentences == std::vector<std::string>{
                              "vfork() is a cheaper fork().",
                              "The child is the first in a new PID namespace: pid 36 -> 92.",
                              "The child has its own clocks: time 34 -> 93.",
                              "The child is PID 4711 outside and PID 1 inside.",
                          });
}

TEST_CASE("the call of a child begins with its PID", "[explain]") {
  CHECK(describe_call(sys::Setsid{}, sys::Result{.value = 1}, {.caller = 1}).headline ==
        "PID 1: setsid() = 1");
  CHECK(describe_call(sys::Setsid{}, sys::Result{.value = 9}, {}).headline == "setsid() = 9");
}

TEST_CASE("a mount says what it shows or hides", "[explain]") {
  const auto words = [](const sys::Mount& call) { return joined(describe_call(call, done, {})); };
  CHECK(words({"none", "/", nullptr, MS_PRIVATE | MS_REC}) ==
        "From now on, mounts made inside are visible only inside.\n");
  CHECK_THAT(words({"none", "/", nullptr, MS_SLAVE | MS_REC}), Catch::Contains("are not visible outside"));
  CHECK_THAT(words({"proc", "/mnt", "proc", 0}), Catch::StartsWith("/mnt now shows the new PID namespace"));
  CHECK_THAT(words({"binfmt_misc", "/mnt", "binfmt_misc", 0}),
             Catch::StartsWith("/mnt now shows the interpreters"));
}

TEST_CASE("ID maps are put into words", "[explain]") {
  const auto words = [](const char* path, std::string_view text) {
    return joined(describe_call(sys::Write{3, path, text}, done, {}));
  };
  CHECK(words("/proc/self/uid_map", "0 1000 1") ==
        "User 0 inside is user 1000 outside. No other user exists inside.\n");
  CHECK(words("/proc/self/gid_map", "0 1000 1\n1 100000 65536\n") ==
        "Group 0 inside is group 1000 outside. Groups 1 to 65536 inside are 100000 to 165535 outside. "
        "No other group exists inside.\n");
  CHECK_THAT(words("/proc/self/setgroups", "deny"),
             Catch::StartsWith("No process inside can call setgroups(2)"));
  CHECK_THAT(words("/proc/self/setgroups", "allow"), Catch::StartsWith("setgroups(2) stays allowed"));
  CHECK_THAT(words("/proc/self/timens_offsets", "1 5 0\n"), Catch::StartsWith("The clocks inside"));
  CHECK_THAT(words("/proc/sys/fs/binfmt_misc/register", ":a:E::b::/c:"), Catch::Contains("interpreter"));
}

TEST_CASE("the last step before the command says whose processes ps will show", "[explain]") {
  std::string name = "bash";
  const std::vector<char*> arguments{name.data(), nullptr};
  const auto words = [&](ProcShows proc) {
    return joined(describe_call(sys::Execute{arguments}, std::nullopt,
                                {.caller = 1, .outside = 4711, .inside = 1, .proc = proc, .proc_pid = 4712}));
  };
  const std::string same = "Same process, same PID 1: from now on it runs bash.\n";
  CHECK(words(ProcShows::own_namespace) == same);
  CHECK(words(ProcShows::parent_namespace) == same +
                                                  "/proc is still that of the parent namespace: ps lists the "
                                                  "processes outside, among them bash as PID "
                                                  "4712, and /proc/1 is another process.\n");
  CHECK(words(ProcShows::nothing) == same + "There is no /proc here: ps has nothing to read.\n");
}

TEST_CASE("the trap of --no-fork is explained", "[explain]") {
  std::string name = "bash";
  const std::vector<char*> arguments{name.data(), nullptr};
  const Step step = describe_call(sys::Execute{arguments}, std::nullopt,
                                  {.pid_namespace = 36, .outside = 4711, .inside = 4711});
  REQUIRE(step.sentences.size() == 4);
  CHECK_THAT(step.sentences[0], Catch::Contains("still in PID namespace 36"));
  CHECK_THAT(step.sentences[1], Catch::Contains("first child"));
  CHECK_THAT(step.sentences[2], Catch::Contains("ENOMEM (Cannot allocate memory)"));
}

TEST_CASE("a step that failed says so", "[explain]") {
  const Step step = describe_call(sys::Chroot{"/srv"}, failed(EPERM), {});
  CHECK(step.failed);
  CHECK(joined(step) == "The call failed and changed nothing.\n");
  const sys::Mount propagation{"none", "/srv", nullptr, MS_PRIVATE | MS_REC};
  CHECK(joined(describe_call(propagation, failed(EINVAL), {})) == "/srv is not a mount point.\n");
}
