#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

const std::vector<std::string> kinds{"user", "pid", "mnt", "uts", "ipc", "net", "time", "cgroup"};

/// What a command sees that a process inside should see, too: a line each.
constexpr const char* facts = R"sh(
for id in u g G; do echo "id -$id: $(id -$id)"; done
for ns in user pid mnt uts ipc net time cgroup; do echo "$ns: $(readlink /proc/self/ns/$ns)"; done
echo "hostname: $(cat /proc/sys/kernel/hostname)"
echo "interfaces: $(tail -n +3 /proc/net/dev | cut -d: -f1 | sort | tr -d '\n')"
echo "cwd: $(pwd)"
echo "root: $(readlink /proc/self/root) $(stat -c %d:%i /)"
echo "processes: $(set -- /proc/[0-9]*; echo $#)"
echo "signals: $(grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\t\n')"
env | sort
exit 7)sh";

/// A command in namespaces of its own, with a hostname that the host does not have.
class Container {
 public:
  explicit Container(std::vector<std::string> launcher) : running_(with_command(std::move(launcher))) {
    CHECK(running_.read_line() == "ready");
    init_ = only_child_of(running_.pid());
  }

  [[nodiscard]] pid_t init() const { return init_; }
  [[nodiscard]] pid_t launcher() const { return running_.pid(); }
  [[nodiscard]] std::string space() const { return std::to_string(namespace_of(init_, "pid")); }

  void end() {
    running_.write("\n");
    running_.finish();
  }

 private:
  static std::vector<std::string> with_command(std::vector<std::string> launcher) {
    const std::string script = "test \"$(readlink /proc/self/ns/uts)\" = '" + uts_of_host() +
                               "' || echo inside >/proc/sys/kernel/hostname\necho ready; read line";
    launcher.insert(launcher.end(), {"sh", "-c", script});
    return launcher;
  }

  static std::string uts_of_host() { return "uts:[" + std::to_string(namespace_of(::getpid(), "uts")) + "]"; }

  Running running_;
  pid_t init_ = 0;
};

Result join(const std::string& what, std::vector<std::string> words, const Setup& setup = {}) {
  words.insert(words.begin(), {"--join", what});
  return run_pidns(words, setup);
}

/// For Setup::before_exec: setns(2) takes no more than one kind of namespace at a time, as before Linux 5.8,
/// which took no pidfd.
void let_setns_take_one_kind() {
  constexpr std::size_t low_half = std::endian::native == std::endian::little ? 0 : sizeof(std::uint32_t);
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 6),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1]) + low_half),
      sock_filter BPF_STMT(BPF_MISC | BPF_TAX, 0),
      sock_filter BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1),
      sock_filter BPF_STMT(BPF_ALU | BPF_AND | BPF_X, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) {
    ::_exit(97);
  }
}

}  // namespace

TEST_CASE("a joined command sees the same on older kernels", "[join][refused]") {
  const std::vector<std::pair<std::string, std::function<void()>>> old_ways{
      {"setns", let_setns_take_one_kind},
      {"pidfd_open EPERM", [] { refuse_calls({SYS_pidfd_open}, EPERM); }},
      {"pidfd_open ENOSYS", [] { refuse_calls({SYS_pidfd_open}, ENOSYS); }},
      {"execveat", [] { refuse_calls({SYS_execveat}, ENOENT); }},
  };
  using Caller = std::vector<std::string> (*)(std::vector<std::string>);
  for (const auto& [caller, namespaces] : std::vector<std::pair<Caller, std::string>>{
           {harness::pidns, "-unmiCT"}, {harness::pidns, "-unmiCTr"}, {pidns_as_nobody, "-unmiCTr"}}) {
    const Container box(caller({"--mount-proc", namespaces}));
    const std::string what = std::to_string(box.init());
    const auto seen = [&, launcher = caller](const std::function<void()>& before_exec) {
      return run(launcher({"--join", what, "sh", "-c", facts}),
                 {.directory = "/", .before_exec = before_exec});
    };
    const Result expected = seen({});
    CHECK(expected.status() == 7);
    for (const auto& [name, before_exec] : old_ways) {
      CAPTURE(namespaces, name);
      const Result result = seen(before_exec);
      CHECK(result.out == expected.out);
      CHECK(result.err == expected.err);
      CHECK(result.ending == expected.ending);
      const Setup setup{.before_exec = before_exec};
      const Result narrated = run(caller({"--join", what, "--explain", "true"}), setup);
      CHECK((narrated.err.find(", CLONE_NEWPID) = 0\n") != std::string::npos) == (name != "execveat"));
    }
  }
}

TEST_CASE("a joined command sees what one sees that nsenter --all starts", "[join]") {
  std::size_t lines_compared = 0;
  for (const auto& launcher :
       {harness::pidns({"--mount-proc"}), harness::pidns({"--mount-proc", "-unmiCT"}),
        harness::pidns({"--mount-proc", "-unmiCTr"}), harness::pidns({"--mount-proc", "-un"}),
        std::vector<std::string>{"unshare", "--pid", "--fork", "--mount-proc", "--uts", "--net", "--ipc"}}) {
    CAPTURE(launcher);
    const Container box(launcher);
    const Setup at_root{.environment = {"SOME=variable"}, .directory = "/"};
    const Result expected =
        run({"nsenter", "--all", "--target", std::to_string(box.init()), "sh", "-c", facts}, at_root);
    const Result seen = join(std::to_string(box.init()), {"sh", "-c", facts}, at_root);
    CHECK(expected.status() == 7);
    CHECK(seen.ending == expected.ending);
    CHECK(seen.err == expected.err);
    const auto wanted = lines(expected.out);
    const auto shown = lines(seen.out);
    REQUIRE(shown.size() == wanted.size());
    REQUIRE(shown.size() > 17);
    for (std::size_t i = 0; i < shown.size(); ++i) {
      CHECK(shown[i] == wanted[i]);
    }
    lines_compared += shown.size();
    for (const std::string& kind : kinds) {
      CHECK_THAT(seen.out, Catch::Contains(kind + ": " + kind + ":[" +
                                           std::to_string(namespace_of(box.init(), kind)) + "]\n"));
    }
  }
  std::cout << "joined and nsenter --all: " << lines_compared << " lines compared\n";
}

TEST_CASE("a joined command keeps its directory where nsenter goes to the root", "[join]") {
  const TemporaryDirectory directory;
  const Container box(harness::pidns({"--mount-proc"}));
  const Setup setup{.directory = directory.path()};
  CHECK(run({"nsenter", "--all", "--target", std::to_string(box.init()), "pwd"}, setup).out == "/\n");
  CHECK(join(std::to_string(box.init()), {"pwd"}, setup).out == directory.path() + "\n");
}

TEST_CASE("a joined command enters the namespaces that are named and the PID namespace", "[join]") {
  const Container box(harness::pidns({"--mount-proc", "-unmiCT"}));
  const std::map<std::string, std::vector<std::string>> named{{"--net", {"net"}},
                                                              {"-nu", {"net", "uts"}},
                                                              {"--pid", {}},
                                                              {"-mT", {"mnt", "time"}},
                                                              {"-iC", {"ipc", "cgroup"}}};
  for (const auto& [options, entered] : named) {
    CAPTURE(options);
    Running joined(
        harness::pidns({"--join", std::to_string(box.init()), options, "sh", "-c", "echo ready; read line"}));
    CHECK(joined.read_line() == "ready");
    const pid_t command = only_child_of(joined.pid());
    for (const std::string& kind : kinds) {
      const bool enters = kind == "pid" || std::count(entered.begin(), entered.end(), kind) > 0;
      CHECK(namespace_of(command, kind) == namespace_of(enters ? box.init() : ::getpid(), kind));
    }
    joined.write("\n");
    CHECK(joined.finish().status() == 0);
  }
}

TEST_CASE("what is joined is a process, pidns, a number or a file", "[join]") {
  const TemporaryDirectory directory;
  REQUIRE(::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, nullptr) == 0);
  REQUIRE(::mount(nullptr, directory.path().c_str(), nullptr, MS_PRIVATE, nullptr) == 0);
  const std::string file = directory.path() + "/kept";
  write_file(file, "");
  {
    Container box(harness::pidns({"--mount-proc", "--uts", "--pid=" + file}));
    const std::string space = box.space();
    const std::vector<std::string> command{"sh", "-c",
                                           "readlink /proc/self/ns/pid; cat /proc/sys/kernel/hostname"};
    for (const std::string& what :
         {std::to_string(box.init()), std::to_string(box.launcher()), "pid:[" + space + "]", space, file}) {
      CAPTURE(what);
      const Result result = join(what, command);
      CHECK(result.err.empty());
      CHECK(result.out == "pid:[" + space + "]\ninside\n");
    }
    box.end();
    for (const std::string& what : {file, "pid:[" + space + "]"}) {
      const Result result = join(what, {"echo", "ran"});
      CHECK(message_of(result).text == "--join: " + what + ": no process that can be seen is in it");
      CHECK(result.status() == 125);
    }
  }
  CHECK(::umount2(directory.path().c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a command never runs in the caller's own PID namespace", "[join]") {
  const std::string own = std::to_string(::getpid());
  const std::string space = std::to_string(namespace_of(::getpid(), "pid"));
  // A process beside ours that shares our PID namespace, but not the others, is not joined either.
  Running beside({"unshare", "--uts", "--net", "sh", "-c", "echo ready; read line"});
  CHECK(beside.read_line() == "ready");
  for (const std::vector<std::string>& typed : {std::vector<std::string>{own},
                                                {"pid:[" + space + "]"},
                                                {space},
                                                {"/proc/self/ns/pid"},
                                                {std::to_string(beside.pid())},
                                                {std::to_string(beside.pid()), "--net"}}) {
    std::vector<std::string> words(typed.begin() + 1, typed.end());
    words.insert(words.end(), {"echo", "ran"});
    const Result result = join(typed.front(), words);
    const Message message = message_of(result);
    CHECK_THAT(message.text, Catch::StartsWith("cannot join process ") &&
                                 Catch::EndsWith(": it is in our own PID namespace"));
    CHECK(message.hint == "pidns --list shows the PID namespaces below");
    CHECK(result.status() == 125);
  }
}

TEST_CASE("users are told that they need the user namespace to join the others", "[join]") {
  Running running(pidns_as_nobody({"--mount-proc", "--net", "sh", "-c", "echo ready; read line"}));
  CHECK(running.read_line() == "ready");
  const std::string inside = std::to_string(only_child_of(running.pid()));
  const Result refused = run(pidns_as_nobody({"--join", inside, "--net", "true"}));
  CHECK(message_of(refused).text == "cannot join process " + inside + ": Operation not permitted");
  CHECK(message_of(refused).hint == "without root, add --user, or name no namespace to enter all of them");
  CHECK(run(pidns_as_nobody({"--join", inside, "-nU", "sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1"}))
            .out == "    lo\n");
}
