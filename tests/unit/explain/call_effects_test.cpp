#include "pidns/explain/call_effects.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr sys::Result done{};

sys::Result failed(int error) {
  return {.value = -1, .error = error};
}

/// A text without its marks.
std::string unmarked(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c >= '\x01' && c <= '\x03'; }),
             text.end());
  return text;
}

std::string joined(const Step& step) {
  std::string text;
  for (const std::string& sentence : step.sentences) {
    text += unmarked(sentence) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("unshare names each namespace that changed", "[explain]") {
  const Step step = describe_call(sys::Unshare{CLONE_NEWPID | CLONE_NEWNS}, done,
                                  {.changes = {{CLONE_NEWNS, 41, 42}}, .pid_namespace = 36});
  CHECK(step.headline == "unshare(CLONE_NEWNS|CLONE_NEWPID) = 0");
  CHECK(joined(step) ==
        "pidns now has its own mount table: mnt 41 -> 42.\n"
        "pidns stays in PID namespace 36: only children enter the new one.\n");
  CHECK_FALSE(step.failed);
}

TEST_CASE("several changed namespaces take a line for two of them", "[explain]") {
  const Step step =
      describe_call(sys::Unshare{CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS}, done,
                    {.changes = {{CLONE_NEWUSER, 37, 94}, {CLONE_NEWNS, 41, 42}, {CLONE_NEWUTS, 38, 95}}});
  CHECK(joined(step) == "user 37 -> 94, mnt 41 -> 42\nuts 38 -> 95\n");
}

TEST_CASE("of two namespace numbers the digits that differ are marked", "[explain]") {
  CHECK(mark_change(4026531836, 4026532196) ==
        "402653\x01"
        "1836\x03 -> 402653\x02"
        "2196\x03");
  CHECK(mark_change(12, 13) ==
        "1\x01"
        "2\x03 -> 1\x02"
        "3\x03");
  CHECK(mark_change(9, 13) ==
        "\x01"
        "9\x03 -> \x02"
        "13\x03");
}

TEST_CASE("unshare says that only children enter a new PID or time namespace", "[explain]") {
  const Step step = describe_call(sys::Unshare{CLONE_NEWPID | CLONE_NEWTIME}, done, {.pid_namespace = 36});
  CHECK(joined(step) ==
        "pidns stays in PID namespace 36: only children enter the new one.\n"
        "pidns keeps its clocks: only its children enter the new time namespace.\n");
}

TEST_CASE("setns names each namespace that was joined", "[explain]") {
  const Step step = describe_call(sys::SetNs{5, CLONE_NEWPID | CLONE_NEWNET}, done,
                                  {.changes = {{CLONE_NEWNET, 41, 42}}, .pid_namespace = 36});
  CHECK(joined(step) ==
        "pidns has joined another network namespace: net 41 -> 42.\n"
        "pidns stays in PID namespace 36: only children enter the other one.\n");
}

TEST_CASE("the child of a fork has its PIDs outside and inside", "[explain]") {
  const Observation observed{.changes = {{CLONE_NEWPID, 36, 92}, {CLONE_NEWTIME, 34, 93}},
                             .pid_namespace = 92,
                             .outside = 4711,
                             .inside = 1};
  const Step step = describe_call(sys::Fork{sys::Memory::shared}, sys::Result{.value = 4711}, observed);
  CHECK(unmarked(step.headline) == "vfork() = 4711");
  CHECK(joined(step) ==
        "The child has its own clocks: time 34 -> 93.\n"
        "vfork() is a cheaper fork().\n"
        "PID 4711 outside is PID 1 inside: pid 36 -> 92.\n");
}

TEST_CASE("PID 1 says that it stays when it makes the command", "[explain]") {
  const Observation observed{.caller = 1, .outside = 4712, .inside = 2};
  const Step step = describe_call(sys::Fork{sys::Memory::shared}, sys::Result{.value = 2}, observed);
  CHECK(unmarked(step.headline) == "PID 1: vfork() = 2");
  CHECK(joined(step) == "A cheaper fork(): PID 4712 outside is PID 2 inside; pidns stays PID 1.\n");
}

TEST_CASE("the call of a child begins with its PID", "[explain]") {
  CHECK(unmarked(describe_call(sys::Setsid{}, sys::Result{.value = 1}, {.caller = 1}).headline) ==
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
  CHECK(words("/proc/self/setgroups", "deny").empty());
  CHECK(words("/proc/self/uid_map", "1000 1000 1\n").empty());
  CHECK_FALSE(words("/proc/self/uid_map", "1000 1000 2\n").empty());
  CHECK_THAT(words("/proc/self/setgroups", "allow"), Catch::StartsWith("setgroups(2) stays allowed"));
  CHECK_THAT(words("/proc/self/timens_offsets", "1 5 0\n"), Catch::StartsWith("The clocks inside"));
  CHECK_THAT(words("/proc/sys/fs/binfmt_misc/register", ":a:E::b::/c:"), Catch::Contains("interpreter"));
}

TEST_CASE("the execution of the command says whose processes ps will show", "[explain]") {
  std::string name = "bash";
  const std::vector<char*> arguments{name.data(), nullptr};
  const auto words = [&](ProcShows proc) {
    return joined(describe_call(sys::Execute{arguments}, done,
                                {.caller = 1, .outside = 4711, .inside = 1, .proc = proc, .proc_pid = 4712}));
  };
  const std::string same = "Same process, same PID 1: now it runs bash.\n";
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
  CHECK(step.sentences[0] == "Same process, same PID 4711: it is about to run bash.");
  CHECK_THAT(step.sentences[1], Catch::Contains("It stays in PID namespace \x01"
                                                "36\x03. Its first child"));
  CHECK_THAT(step.sentences[2], Catch::Contains("ENOMEM (Cannot allocate memory)"));
}

TEST_CASE("a step that failed says so", "[explain]") {
  const Step step = describe_call(sys::Chroot{"/srv"}, failed(EPERM), {});
  CHECK(step.failed);
  CHECK(joined(step) == "The call failed and changed nothing.\n");
  const sys::Mount propagation{"none", "/srv", nullptr, MS_PRIVATE | MS_REC};
  CHECK(joined(describe_call(propagation, failed(EINVAL), {})) == "/srv is not a mount point.\n");
}
