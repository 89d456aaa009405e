#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

/// Mounts whatever programs need below a directory, and makes directories for a proc in it.
std::string fill_root(const std::string& root) {
  return "cd '" + root + "'; pidns='" + pidns_binary() + "'" + R"(
for name in bin lib lib32 lib64 usr etc; do
  if [ -L /$name ]; then
    cp -P /$name .
  elif [ -d /$name ]; then
    mkdir $name
    mount --rbind /$name $name
  fi
done
mkdir proc other work
ln -s /other link
cp "$pidns" pidns
)";
}

/// Where a proc is mounted, as the table inside has it.
std::vector<std::string> proc_mounts(const std::vector<std::string>& table) {
  std::vector<std::string> points;
  for (const std::string& line : table) {
    if (line.find(" - proc ") != std::string::npos) {
      points.push_back(words(line).at(4));
    }
  }
  return points;
}

/// The fields of propagation of a mount point, such as `shared:5 master:3`.
std::string propagation_of(const std::string& table, const std::string& point) {
  std::string found = "no such mount";
  for (const std::string& line : lines(table)) {
    const std::vector<std::string> fields = words(line);
    if (fields.at(4) == point) {
      found.clear();
      for (auto field = fields.begin() + 6; *field != "-"; ++field) {
        found += (found.empty() ? "" : " ") + *field;
      }
    }
  }
  return found;
}

struct TwoTables {
  std::string host;
  std::string inside;
};

TwoTables tables_with(const std::string& propagation) {
  const Result result =
      run(on_a_shared_host("", harness::pidns({propagation, "cat", "/proc/self/mountinfo"})));
  REQUIRE(result.status() == 0);
  const std::string host = result.out.substr(0, result.out.find("host\n"));
  REQUIRE(result.out.ends_with(host));
  const std::size_t start = host.size() + std::string_view("host\n").size();
  return {host, result.out.substr(start, result.out.size() - host.size() - start)};
}

/// What is open in a process: descriptor and kind of file.
std::set<std::string> open_files(pid_t pid) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    const std::string target = std::filesystem::read_symlink(entry.path());
    found.insert(entry.path().filename().native() + " " +
                 target.substr(0, target.find(':')));  // each run has pipes of its own
  }
  return found;
}

/// Waits until a process or one below it sleeps in sleep(1), which has opened and closed all it needs by
/// then.
pid_t wait_for_sleep(pid_t pid) {
  pid_t found = 0;
  wait_until("sleep to sleep", [&] {
    std::vector<pid_t> candidates = descendants_of(pid);
    candidates.push_back(pid);
    const auto sleep = std::find_if(candidates.begin(), candidates.end(), [](pid_t one) {
      const std::string call = read_file("/proc/" + std::to_string(one) + "/syscall");
      return status_field(one, "Name") == "sleep" &&
             call.starts_with(std::to_string(SYS_clock_nanosleep) + " ");
    });
    found = sleep == candidates.end() ? 0 : *sleep;
    return found != 0;
  });
  return found;
}

std::set<std::string> changed_namespaces(std::vector<std::string> options) {
  const std::string script =
      R"sh(cd /proc/self/ns; for name in *; do echo "$name $(readlink $name)"; done)sh";
  options.insert(options.end(), {"sh", "-c", script});
  const Result result = run_pidns(options);
  REQUIRE(result.status() == 0);
  std::set<std::string> changed;
  for (const std::string& line : lines(result.out)) {
    const std::string name = line.substr(0, line.find(' '));
    if (line != name + " " + std::filesystem::read_symlink("/proc/self/ns/" + name).native()) {
      changed.insert(name);
    }
  }
  return changed;
}

}  // namespace

TEST_CASE("proc is mounted where it is asked for", "[mounts]") {
  const TemporaryDirectory directory;
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--mount-proc=" + directory.path()},
        std::vector<std::string>{"--wd=" + directory.path(), "--mount-proc=."},
        std::vector<std::string>{"--wd", "/", "--mount-proc=" + directory.path().substr(1)}}) {
    CAPTURE(options);
    auto command = options;
    command.insert(command.end(),
                   {"sh", "-c", "cat $0/self/comm $0/1/comm; cat /proc/self/mountinfo", directory.path()});
    const Result result = run_pidns(command);
    CHECK(result.status() == 0);
    auto shown = lines(result.out);
    REQUIRE(shown.size() > 2);
    CHECK(shown[0] == "cat");
    CHECK(shown[1] == "sh");
    CHECK(proc_mounts(shown).back() == directory.path());
    CHECK(std::filesystem::is_empty(directory.path()));
  }
  const Result relative =
      run_pidns({"--mount-proc=.", "cat", directory.path() + "/1/comm"}, {.directory = directory.path()});
  CHECK(relative.out == "cat\n");
}

TEST_CASE("the new proc is nosuid and nodev and noexec", "[mounts]") {
  const Result result = run_pidns({"tail", "-n", "1", "/proc/self/mountinfo"});
  CHECK_THAT(result.out,
             Catch::Contains(" /proc rw,nosuid,nodev,noexec,") && Catch::Contains(" - proc proc "));
}

TEST_CASE("the working directory is changed", "[mounts]") {
  for (const std::string step : {"--fork", "--mount-proc", "--no-fork"}) {
    CHECK(run_pidns({step, "--wd=/usr/bin", "pwd", "-P"}).out == "/usr/bin\n");
  }
  CHECK(run_pidns({"-w", "bin", "pwd", "-P"}, {.directory = "/usr"}).out == "/usr/bin\n");
}

TEST_CASE("the root is changed before proc is mounted in it", "[mounts]") {
  const TemporaryDirectory root;
  const std::string show =
      "pwd; test -d /work && echo new root; cat $0/self/comm $0/1/comm; cat $0/self/mountinfo | grep ' - "
      "proc '";
  for (const auto& [option, point] : std::map<std::string, std::string>{
           {"--mount-proc", "/proc"}, {"--mount-proc=/other", "/other"}, {"--mount-proc=/link", "/other"}}) {
    CAPTURE(option);
    const Result result = run(after_mounting(
        fill_root(root.path()), harness::pidns({"--root=" + root.path(), option, "sh", "-c", show, point})));
    CHECK(result.err.empty());
    const auto shown = lines(result.out);
    REQUIRE(shown.size() == 5);
    CHECK(shown[0] == "/");
    CHECK(shown[1] == "new root");
    CHECK(shown[2] == "cat");
    CHECK(shown[3] == "sh");
    CHECK(proc_mounts(shown) == std::vector<std::string>{point});
    std::filesystem::remove_all(root.path() + "/proc");
    for (const auto& left : std::filesystem::directory_iterator(root.path())) {
      std::filesystem::remove_all(left);
    }
  }
}

TEST_CASE("the working directory is one of the new root", "[mounts]") {
  const TemporaryDirectory root;
  const Result result = run(after_mounting(
      fill_root(root.path()), harness::pidns({"-R", root.path(), "-w", "work", "--mount-proc=../proc", "sh",
                                              "-c", "pwd; cat /proc/1/comm"})));
  CHECK(result.out == "/work\nsh\n");
  CHECK(result.err.empty());
}

TEST_CASE("in a chroot the way out is told and works", "[mounts]") {
  const TemporaryDirectory root;
  const std::string script = fill_root(root.path()) + "mount -t proc proc proc";
  const Result refused = run(after_mounting(script, {"chroot", root.path(), "/pidns", "true"}));
  CHECK(refused.status() == 125);
  CHECK(message_of(refused).text == "cannot change the mount propagation of /: Invalid argument");
  CHECK_THAT(message_of(refused).hint, Catch::Contains("--propagation unchanged"));

  const TemporaryDirectory other;
  const std::string again = fill_root(other.path()) + "mount -t proc proc proc";
  const Result result = run(after_mounting(again, {"chroot", other.path(), "/pidns", "--propagation",
                                                   "unchanged", "--mount-proc", "cat", "/proc/1/comm"}));
  CHECK(result.err.empty());
  CHECK(result.out == "cat\n");
}

TEST_CASE("in a chroot without proc the way out is told too", "[mounts][unsanitized]") {
  const TemporaryDirectory root;
  const Result result =
      run(after_mounting(fill_root(root.path()), {"chroot", root.path(), "/pidns", "true"}));
  CHECK(message_of(result).hint ==
        "/ is not a mount point here, as in a chroot: with a proc mounted on /proc, --propagation unchanged "
        "leaves the mounts as they are");
}

// Inside a chroot the kernel never allows a user namespace, whatever the settings of this machine.
TEST_CASE("what closes user namespaces to users is named", "[mounts]") {
  const std::map<std::string, std::string> hints{
      {"echo 0 > unprivileged_userns_clone",
       "unprivileged user namespaces are disabled: sysctl kernel.unprivileged_userns_clone=1, or run it as "
       "root"},
      {"echo 1 > apparmor_restrict_unprivileged_userns",
       "AppArmor restricts user namespaces here: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or "
       "run "
       "it as root"},
      {"echo 1 > unprivileged_userns_clone; echo 0 > apparmor_restrict_unprivileged_userns",
       "a user namespace cannot be made inside a chroot: run it as root"},
      {"true", "a user namespace cannot be made inside a chroot: run it as root"},
  };
  for (const auto& [sysctl, hint] : hints) {
    CAPTURE(sysctl);
    const TemporaryDirectory root;
    const std::string script = fill_root(root.path()) +
                               R"(
mount -t proc proc proc
cd proc/sys/kernel
mount -t tmpfs tmpfs .
cd ../kernel
)" + sysctl;
    const Message message = message_of(
        run(after_mounting(script, {"chroot", "--userspec=nobody:nogroup", root.path(), "/pidns", "true"})));
    CHECK(message.text == "cannot create user, PID and mount namespaces: Operation not permitted");
    CHECK(message.hint == hint);
  }
}

TEST_CASE("propagation private cuts the mounts inside off from the host", "[mounts]") {
  const TwoTables tables = tables_with("--propagation=private");
  CHECK_THAT(propagation_of(tables.host, "/"), Catch::StartsWith("shared:"));
  CHECK(propagation_of(tables.inside, "/").empty());
  CHECK(propagation_of(tables.inside, "/proc").empty());
  CHECK(propagation_of(tables_with("--mount-proc").inside, "/").empty());
}

TEST_CASE("propagation slave lets the host's mounts in", "[mounts]") {
  const TwoTables tables = tables_with("--propagation=slave");
  const std::string group = propagation_of(tables.host, "/").substr(std::string_view("shared:").size());
  CHECK(propagation_of(tables.inside, "/") == "master:" + group);
}

TEST_CASE("propagation shared and unchanged leave the peers together", "[mounts]") {
  for (const char* option : {"--propagation=shared", "--propagation=unchanged"}) {
    const TwoTables tables = tables_with(option);
    CHECK_THAT(propagation_of(tables.host, "/"), Catch::StartsWith("shared:"));
    CHECK(propagation_of(tables.inside, "/") == propagation_of(tables.host, "/"));
  }
}

TEST_CASE("propagation of private mounts is theirs or as asked", "[mounts]") {
  const auto inside = [](const std::string& option) {
    return run(after_mounting("", harness::pidns({option, "cat", "/proc/self/mountinfo"}))).out;
  };
  CHECK(propagation_of(inside("--propagation=private"), "/").empty());
  CHECK(propagation_of(inside("--propagation=slave"), "/").empty());
  CHECK(propagation_of(inside("--propagation=unchanged"), "/").empty());
  CHECK_THAT(propagation_of(inside("--propagation=shared"), "/"), Catch::StartsWith("shared:"));
}

TEST_CASE("the host never sees the new proc", "[mounts]") {
  const TemporaryDirectory directory;
  const std::string mounted = "mount -t tmpfs tmpfs " + directory.path();
  for (const std::string mode : {"private", "slave", "shared", "unchanged"}) {
    for (const std::string& target : {std::string("/proc"), directory.path()}) {
      CAPTURE(mode, target);
      Running host(on_a_shared_host(
          mounted, harness::pidns({"--propagation=" + mode, "--mount-proc=" + target, "sh", "-c",
                                   "cat $0/1/comm; echo inside; read line; true", target})));
      const std::string table = read_host_table(host);
      CHECK_THAT(host.wait_for_output("inside\n"), Catch::EndsWith("sh\ninside\n"));
      CHECK(read_file("/proc/" + std::to_string(host.pid()) + "/mountinfo") == table);
      CHECK(host.finish().status() == 0);
    }
  }
}

TEST_CASE("a plain directory of a shared mount is refused if the host would see the proc", "[mounts]") {
  const TemporaryDirectory directory;
  for (const std::string mode : {"shared", "unchanged"}) {
    const auto command =
        harness::pidns({"--propagation=" + mode, "--mount-proc=" + directory.path(), "echo", "must not run"});
    const Result result = run(after_mounting("mount --make-rshared /", command));
    CHECK(result.status() == 125);
    CHECK_THAT(message_of(result).text,
               Catch::StartsWith("--mount-proc=" + directory.path() + ": not a mount point"));

    const Result unshared = run(after_mounting("", command));
    CHECK(unshared.out == "must not run\n");
  }
}

TEST_CASE("in a user namespace the host cannot see the proc anyway", "[mounts]") {
  const TemporaryDirectory directory;
  for (const std::string mode : {"shared", "unchanged"}) {
    Running host(on_a_shared_host(
        "", pidns_as_nobody({"--propagation=" + mode, "--mount-proc=" + directory.path(), "sh", "-c",
                             "cat $0/1/comm; echo inside; read line; true", directory.path()})));
    const std::string table = read_host_table(host);
    CHECK_THAT(host.wait_for_output("inside\n"), Catch::EndsWith("sh\ninside\n"));
    CHECK(read_file("/proc/" + std::to_string(host.pid()) + "/mountinfo") == table);
    CHECK(host.finish().status() == 0);
  }
}

TEST_CASE("the command inherits what the caller had open and nothing else", "[mounts]") {
  for (unsigned closed = 0; closed < 8; ++closed) {
    const Setup setup{.before_exec = [closed] {
      if (::dup2(STDIN_FILENO, 7) == -1) {
        ::_exit(97);
      }
      for (int fd = 0; fd < 3; ++fd) {
        if ((closed & (1U << static_cast<unsigned>(fd))) != 0) {
          ::close(fd);
        }
      }
    }};
    const Running direct({"sleep", "1000"}, setup);
    const auto expected = open_files(wait_for_sleep(direct.pid()));
    CHECK(expected.contains("7 pipe"));
    for (const std::vector<std::string>& options :
         {std::vector<std::string>{}, {"--fork"}, {"--no-fork"}, {"-r"}, {"-T"}, {"-v"}, {"--new-session"}}) {
      CAPTURE(closed, options);
      auto command = options;
      command.insert(command.end(), {"sleep", "1000"});
      Running running(harness::pidns(command), setup);
      CHECK(open_files(wait_for_sleep(running.pid())) == expected);
      running.send(SIGTERM);  // to know how to deal with it, pidns needs the files of its own
      CHECK(running.wait_for_end() == ExitStatus{.killed = true, .value = SIGTERM});
    }
  }
}

TEST_CASE("further namespaces change exactly those", "[mounts]") {
  using Names = std::set<std::string>;
  const Names pid{"pid", "pid_for_children"};
  const auto and_pid = [&](Names names) {
    names.insert(pid.begin(), pid.end());
    return names;
  };
  CHECK(changed_namespaces({"-f"}) == pid);
  CHECK(changed_namespaces({"-fm"}) == and_pid({"mnt"}));
  CHECK(changed_namespaces({"-fu"}) == and_pid({"uts"}));
  CHECK(changed_namespaces({"-fi"}) == and_pid({"ipc"}));
  CHECK(changed_namespaces({"-fn"}) == and_pid({"net"}));
  CHECK(changed_namespaces({"-fC"}) == and_pid({"cgroup"}));
  CHECK(changed_namespaces({"-fT"}) == and_pid({"time", "time_for_children"}));
  CHECK(changed_namespaces({"-fU"}) == and_pid({"user"}));
  CHECK(changed_namespaces({"-fc"}) == and_pid({"user"}));
  CHECK(changed_namespaces({}) == and_pid({"mnt"}));
  CHECK(changed_namespaces({"-r"}) == and_pid({"mnt", "user"}));
  CHECK(changed_namespaces({"-muinCT"}) ==
        and_pid({"mnt", "uts", "ipc", "net", "cgroup", "time", "time_for_children"}));
}
