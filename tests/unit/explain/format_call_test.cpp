#include "pidns/explain/format_call.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <csignal>

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr sys::Result done{};

sys::Result failed(int error) {
  return {.value = -1, .error = error};
}

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

TEST_CASE("only the start of a long argument is written", "[explain]") {
  std::string name = "sh";
  std::string script(40, 'x');
  const std::vector<char*> arguments{name.data(), script.data(), nullptr};
  CHECK(format_call(sys::Execute{arguments}, {}) ==
        "execvp(\"sh\", [\"sh\", \"" + std::string(32, 'x') + "\"...])");
  std::vector<char*> many(40, name.data());
  many.push_back(nullptr);
  CHECK(format_call(sys::Execute{many}, {}).ends_with(", \"sh\", ...])"));
}
