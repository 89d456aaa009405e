#include "pidns/explain/explain.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>

#include "pidns/sys/observer.hpp"
#include "pidns/util/text.hpp"

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

std::string signal_words(int signal, const Decision& decision, const Dispositions& dispositions) {
  const Sender sender{.origin = decision.relay ? Origin::process : Origin::group, .code = SI_USER, .pid = 7};
  return joined(explain_signal(signal, sender, Receiver::init, decision, dispositions));
}

std::string headline_from(Origin origin, int code, pid_t pid) {
  const Sender sender{.origin = origin, .code = code, .pid = pid};
  return explain_signal(SIGTERM, sender, Receiver::init, {}, std::nullopt).headline;
}

constexpr Style plain{};

}  // namespace

TEST_CASE("a call is written as strace writes it", "[explain]") {
  const auto written = [](const sys::Call& call) { return format_call(call, done); };
  CHECK(written(sys::Unshare{CLONE_NEWPID}) == "unshare(CLONE_NEWPID) = 0");
  CHECK(written(sys::Unshare{CLONE_NEWPID | CLONE_NEWNS}) == "unshare(CLONE_NEWNS|CLONE_NEWPID) = 0");
  CHECK(written(sys::Unshare{CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWUTS |
                             CLONE_NEWCGROUP | CLONE_NEWNS | CLONE_NEWTIME}) ==
        "unshare(CLONE_NEWTIME|CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|"
        "CLONE_NEWPID|CLONE_NEWNET) = 0");
  CHECK(written(sys::SetNs{5, CLONE_NEWPID | CLONE_NEWUSER}) == "setns(5, CLONE_NEWUSER|CLONE_NEWPID) = 0");
  CHECK(written(sys::Mount{"none", "/", nullptr, MS_PRIVATE | MS_REC}) ==
        "mount(\"none\", \"/\", NULL, MS_REC|MS_PRIVATE, NULL) = 0");
  CHECK(written(sys::Mount{"proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV}) ==
        "mount(\"proc\", \"/proc\", \"proc\", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL) = 0");
  CHECK(written(sys::Chroot{"/srv"}) == "chroot(\"/srv\") = 0");
  CHECK(written(sys::Chdir{"/"}) == "chdir(\"/\") = 0");
  CHECK(written(sys::SetParentDeathSignal{SIGKILL}) == "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0");
  CHECK(written(sys::SetUndumpable{}) == "prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE) = 0");
  CHECK(written(sys::DropGroups{}) == "setgroups(0, NULL) = 0");
  CHECK(written(sys::SetUser{7}) == "setresuid(7, 7, 7) = 0");
  CHECK(written(sys::SetGroup{7}) == "setresgid(7, 7, 7) = 0");
  CHECK(format_call(sys::Setsid{}, sys::Result{.value = 12}) == "setsid() = 12");
  CHECK(format_call(sys::Fork{sys::Memory::copied}, sys::Result{.value = 12}) == "fork() = 12");
  CHECK(format_call(sys::Fork{sys::Memory::shared}, sys::Result{.value = 12}) == "vfork() = 12");
  CHECK(format_call(sys::Write{3, "/proc/self/uid_map", "0 1000 1"}, sys::Result{.value = 8}) ==
        "write(3</proc/self/uid_map>, \"0 1000 1\", 8) = 8");
}

TEST_CASE("flags without a name are written as a number, and none as 0", "[explain]") {
  CHECK(format_call(sys::Unshare{CLONE_NEWPID | 0x400}, {}) == "unshare(CLONE_NEWPID|0x400)");
  CHECK(format_call(sys::SetNs{3, 0}, {}) == "setns(3, 0)");
}

TEST_CASE("a call that fails is written with the error and its meaning", "[explain]") {
  CHECK(format_call(sys::Unshare{CLONE_NEWPID}, failed(EPERM)) ==
        "unshare(CLONE_NEWPID) = -1 EPERM (Operation not permitted)");
  CHECK(format_call(sys::Open{"/proc/self/uid_map", O_WRONLY | O_CLOEXEC | O_NOCTTY}, failed(EACCES)) ==
        "openat(AT_FDCWD, \"/proc/self/uid_map\", O_WRONLY|O_NOCTTY|O_CLOEXEC) = -1 EACCES (Permission "
        "denied)");
}

TEST_CASE("a text is quoted as strace quotes it", "[explain]") {
  const auto quoted = [](const char* path) { return format_call(sys::Chdir{path}, {}); };
  CHECK(quoted("a \"b\" \\") == R"(chdir("a \"b\" \\"))");
  CHECK(quoted("\t\n\v\f\r") == R"(chdir("\t\n\v\f\r"))");
  CHECK(quoted("\x1b[0m") == R"(chdir("\33[0m"))");
  CHECK(quoted("\x1b"
               "0") == R"(chdir("\0330"))");
  CHECK(quoted("\xc3\xa9") == R"(chdir("\303\251"))");
}

TEST_CASE("of a long argument the start is written", "[explain]") {
  std::string name = "sh";
  std::string script(40, 'x');
  const std::vector<char*> arguments{name.data(), script.data(), nullptr};
  CHECK(format_call(sys::Execute{arguments}, {}) ==
        "execvp(\"sh\", [\"sh\", \"" + std::string(32, 'x') + "\"...])");
  std::vector<char*> many(40, name.data());
  many.push_back(nullptr);
  CHECK(format_call(sys::Execute{many}, {}).ends_with(", \"sh\", ...])"));
}

TEST_CASE("unshare names each namespace that is another one", "[explain]") {
  const Step step = explain_call(sys::Unshare{CLONE_NEWPID | CLONE_NEWNS}, done,
                                 {.changes = {{"mnt", 41, 42}}, .pid_namespace = 36});
  CHECK(step.headline == "unshare(CLONE_NEWNS|CLONE_NEWPID) = 0");
  CHECK(step.sentences == std::vector<std::string>{
                              "This process has a mount table of its own now: mnt 41 -> 42.",
                              "It stays in PID namespace 36: only its children enter the new one.",
                          });
  CHECK_FALSE(step.failed);
}

TEST_CASE("the child of a fork has its PIDs outside and inside", "[explain]") {
  const Observation sight{.changes = {{"pid", 36, 92}}, .pid_namespace = 92, .outside = 4711, .inside = 1};
  const Step step = explain_call(sys::Fork{sys::Memory::shared}, sys::Result{.value = 4711}, sight);
  CHECK(step.sentences == std::vector<std::string>{
                              "The child is the first in a new PID namespace: pid 36 -> 92.",
                              "It is PID 4711 out here and PID 1 in there.",
                          });
}

TEST_CASE("the call of a child begins with its PID", "[explain]") {
  CHECK(explain_call(sys::Setsid{}, sys::Result{.value = 1}, {.caller = 1}).headline ==
        "PID 1: setsid() = 1");
  CHECK(explain_call(sys::Setsid{}, sys::Result{.value = 9}, {}).headline == "setsid() = 9");
}

TEST_CASE("a mount is told with what it shows or hides", "[explain]") {
  const auto words = [](const sys::Mount& call) { return joined(explain_call(call, done, {})); };
  CHECK(words({"none", "/", nullptr, MS_PRIVATE | MS_REC}) ==
        "Mounts made from here on are seen only in here.\n");
  CHECK_THAT(words({"none", "/", nullptr, MS_SLAVE | MS_REC}), Catch::Contains("are not seen outside"));
  CHECK_THAT(words({"proc", "/mnt", "proc", 0}), Catch::StartsWith("/mnt shows the new PID namespace"));
  CHECK_THAT(words({"binfmt_misc", "/mnt", "binfmt_misc", 0}),
             Catch::StartsWith("/mnt shows the interpreters"));
}

TEST_CASE("maps are told as they were written", "[explain]") {
  const auto words = [](const char* path, std::string_view text) {
    return joined(explain_call(sys::Write{3, path, text}, done, {}));
  };
  CHECK(words("/proc/self/uid_map", "0 1000 1") ==
        "User 0 in there is user 1000 out here. No other user exists in there.\n");
  CHECK(words("/proc/self/gid_map", "0 1000 1\n1 100000 65536\n") ==
        "Group 0 in there is group 1000 out here. Groups 1 to 65536 in there are 100000 to 165535 out here. "
        "No other group exists in there.\n");
  CHECK_THAT(words("/proc/self/setgroups", "deny"), Catch::Contains("Nobody in there can change groups"));
  CHECK_THAT(words("/proc/self/setgroups", "allow"), Catch::StartsWith("Who may change groups"));
  CHECK_THAT(words("/proc/self/timens_offsets", "1 5 0\n"), Catch::StartsWith("The clocks in there"));
  CHECK_THAT(words("/proc/sys/fs/binfmt_misc/register", ":a:E::b::/c:"), Catch::Contains("interpreter"));
}

TEST_CASE("before the command starts it is told whose processes ps will show", "[explain]") {
  std::string name = "bash";
  const std::vector<char*> arguments{name.data(), nullptr};
  const auto words = [&](ProcShows proc) {
    return joined(explain_call(sys::Execute{arguments}, std::nullopt,
                               {.caller = 1, .outside = 4711, .inside = 1, .proc = proc, .proc_pid = 4712}));
  };
  const std::string same = "Same process, same PID 1: from here on it is bash.\n";
  CHECK(words(ProcShows::own_namespace) == same);
  CHECK(words(ProcShows::namespace_above) == same +
                                                 "/proc is still that of the namespace above: ps lists the "
                                                 "processes out here, among them bash as PID "
                                                 "4712, and /proc/1 is another process.\n");
  CHECK(words(ProcShows::nothing) == same + "There is no /proc here: ps has nothing to read.\n");
}

TEST_CASE("without fork the trap is told", "[explain]") {
  std::string name = "bash";
  const std::vector<char*> arguments{name.data(), nullptr};
  const Step step = explain_call(sys::Execute{arguments}, std::nullopt,
                                 {.pid_namespace = 36, .outside = 4711, .inside = 4711});
  REQUIRE(step.sentences.size() == 4);
  CHECK_THAT(step.sentences[0], Catch::Contains("still in PID namespace 36"));
  CHECK_THAT(step.sentences[1], Catch::Contains("first child"));
  CHECK_THAT(step.sentences[2], Catch::Contains("ENOMEM (Cannot allocate memory)"));
}

TEST_CASE("a step that failed says so", "[explain]") {
  const Step step = explain_call(sys::Chroot{"/srv"}, failed(EPERM), {});
  CHECK(step.failed);
  CHECK(joined(step) == "It failed, and has changed nothing.\n");
  const sys::Mount propagation{"none", "/srv", nullptr, MS_PRIVATE | MS_REC};
  CHECK(joined(explain_call(propagation, failed(EINVAL), {})) == "/srv is no mount point.\n");
}

TEST_CASE("a signal is told with what PID 1 does with it", "[explain]") {
  const SignalSet term = SignalSet::of(SIGTERM);
  const Decision relay{.relay = true};
  CHECK(signal_words(SIGTERM, relay, {.caught = term}) ==
        "pidns passes it on to PID 1. PID 1 has a handler for it.\n");
  CHECK_THAT(signal_words(SIGTERM, relay, {.ignored = term}), Catch::Contains("PID 1 ignores it."));
  CHECK_THAT(signal_words(SIGTERM, relay, {.awaited = term}), Catch::Contains("PID 1 waits for it."));
  CHECK_THAT(signal_words(SIGTERM, {.relay = true, .watch = true}, {.blocked = term}),
             Catch::Contains("PID 1 blocks it"));
  CHECK_THAT(signal_words(SIGTERM, {.relay = true, .apply_default = true}, {}),
             Catch::Contains("the kernel drops such a signal"));
  CHECK_THAT(signal_words(SIGINT, {.apply_default = true}, {}),
             Catch::StartsWith("PID 1 has got it already. PID 1 has no handler for it"));
}

TEST_CASE("a signal is told with who has sent it", "[explain]") {
  CHECK(headline_from(Origin::process, SI_USER, 7) == "SIGTERM from PID 7");
  CHECK(headline_from(Origin::process, SI_USER, 0) == "SIGTERM from an unknown process");
  CHECK(headline_from(Origin::group, SI_USER, 7) ==
        "SIGTERM from PID 7 in there, to the whole process group");
  CHECK(headline_from(Origin::group, SI_KERNEL, 0) ==
        "SIGTERM from the terminal, to the whole process group");
  CHECK(headline_from(Origin::process, SI_KERNEL, 0) == "SIGTERM from the kernel");
  CHECK(headline_from(Origin::process, SI_TIMER, 0) == "SIGTERM from a timer");
}

TEST_CASE("the end is told with what it means for pidns", "[explain]") {
  const ExitStatus exited{.killed = false, .value = 3};
  const ExitStatus killed{.killed = true, .value = SIGKILL};
  const ExitStatus terminated{.killed = true, .value = SIGTERM};
  const Step step = explain_ending(Receiver::init, exited, exited);
  CHECK(step.headline == "PID 1 exited with status 3");
  CHECK_THAT(joined(step), Catch::EndsWith("pidns exits with status 3.\n"));
  const Step other = explain_ending(Receiver::init, killed, terminated);
  CHECK(other.headline == "PID 1 was killed by SIGKILL");
  CHECK_THAT(joined(other), Catch::EndsWith("pidns dies of SIGTERM: a shell shows status 143.\n"));
  CHECK(explain_ending(Receiver::pidns_as_init, exited, terminated).headline ==
        "COMMAND was killed by SIGTERM");
  CHECK(explain_ending(Receiver::joined_command, exited, exited).headline == "COMMAND exited with status 3");
}

TEST_CASE("sentences are broken at 80 columns", "[explain]") {
  const Step step{.headline = "a", .sentences = {std::string(70, 'x') + " yyyyyy zz", std::string(90, 'w')}};
  CHECK(render(1, step, plain) ==
        "[1] a\n    " + std::string(70, 'x') + "\n    yyyyyy zz\n    " + std::string(90, 'w') + "\n");
}

TEST_CASE("a headline is broken on a terminal only", "[explain]") {
  const Step step{.headline = "mount(a, bbbb)"};
  CHECK(render(12, step, {.width = 16}) == "[12] mount(a, bbbb)\n");
  CHECK(render(12, step, {.width = 16, .break_headlines = true}) == "[12] mount(a,\n        bbbb)\n");
  const Step flags{.headline = "f(AAA|BBB|CCC|DDD) = 0"};
  CHECK(render(1, flags, {.width = 16, .break_headlines = true}) ==
        "[1] f(AAA|BBB|\n        CCC|\n        DDD) = 0\n");
}

TEST_CASE("nothing that is quoted can steer the terminal", "[explain]") {
  const std::string text = render(1, {.headline = "\x1b[2J", .sentences = {"\x1b[2J\n"}}, plain);
  CHECK(text == "[1] \\x1b[2J\n    \\x1b[2J\\x0a\n");
}

TEST_CASE("there is colour on a terminal that has some, and without NO_COLOR", "[explain]") {
  CHECK(choose_style(80, nullptr, "xterm").colour);
  CHECK(choose_style(80, "", "xterm").colour);
  CHECK_FALSE(choose_style(80, "1", "xterm").colour);
  CHECK_FALSE(choose_style(80, nullptr, "dumb").colour);
  CHECK_FALSE(choose_style(80, nullptr, nullptr).colour);
  CHECK_FALSE(choose_style(std::nullopt, nullptr, "xterm").colour);
  const Step step{.headline = "a", .sentences = {"b"}};
  CHECK(render(1, step, {.colour = true}) == "[1] \x1b[1ma\x1b[0m\n    b\n");
  CHECK(render(1, {.headline = "a", .failed = true}, {.colour = true}) == "[1] \x1b[1;31ma\x1b[0m\n");
}

TEST_CASE("a wide terminal is used up to 80 columns, and a narrow one as it is", "[explain]") {
  CHECK(choose_style(200, nullptr, nullptr).width == 80);
  CHECK(choose_style(60, nullptr, nullptr).width == 60);
  CHECK(choose_style(std::nullopt, nullptr, nullptr).width == 80);
}
