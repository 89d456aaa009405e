#include <sched.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>

#include "harness.hpp"
#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using signal_tools::to_text;

/// What another user, or what runs inside, cannot make pidns do for root.
namespace {

using Command = std::vector<std::string>;

/// The user nobody, who exchanges two names in a directory of theirs as fast as they can.
Command exchanger(const std::string& one, const std::string& other) {
  return as_nobody({"/usr/bin/python3", "-c", R"(
import ctypes, sys
libc = ctypes.CDLL(None)
one, other = (name.encode() for name in sys.argv[1:])
assert libc.renameat2(-100, one, -100, other, 2) == 0  # RENAME_EXCHANGE
print('ready', flush=True)
while True:
    libc.renameat2(-100, one, -100, other, 2))",
                    one, other});
}

std::string capabilities_of(const Command& command) {
  Command words = command;
  words.insert(words.end(), {"grep", "-E", "^(Cap|Uid|Gid|Groups)", "/proc/self/status"});
  const Result result = run(words);
  CHECK(result.err.empty());
  return result.out;
}

}  // namespace

TEST_CASE("a file is kept where it was found, whoever exchanges its directory", "[trust]") {
  // In the directory of nobody, d is a directory with two files, or a link to one where root has mounted
  // something. The second namespace cannot be bound on a shared mount, so the first is undone each time.
  const std::string script = R"sh(
mount -t tmpfs -o mode=755 tmpfs /mnt
mount --make-shared /mnt
mkdir /mnt/mine /mnt/mine/d /mnt/root
touch /mnt/mine/d/a /mnt/mine/d/b /mnt/root/a /mnt/root/b
ln -s ../root /mnt/mine/link
chown -hR 65534:65534 /mnt/mine
mount --bind /mnt/root/b /mnt/root/a
cd /mnt/mine
taskset -c 0-$1 setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/python3 -c '
import ctypes
exchange = ctypes.CDLL(None).renameat2
while True:
    exchange(-100, b"d", -100, b"link", 2)' &
until [ -L d ]; do sleep 0.01; done
i=0 lost=0 undone=0
while [ $i -lt 150 ]; do
  "$2" --uts=d/a --mount=d/b --propagation=shared true 2> /mnt/message && echo "it was bound"
  grep -q 'cannot bind .* to d/b' /mnt/message && undone=$((undone + 1))
  mountpoint -q /mnt/root/a || { lost=$((lost + 1)); mount --bind /mnt/root/b /mnt/root/a; }
  i=$((i + 1))
done
kill -9 $!
[ $undone -gt 0 ] && echo "undone"
echo "$lost lost"
grep -c ' - nsfs ' /proc/self/mountinfo
)sh";
  const Result result = run(after_mounting("true", {"sh", "-c", script, "sh",
                                                    std::to_string(::get_nprocs_conf() - 1), pidns_binary()}),
                            {.before_exec = stay_on_one_cpu});
  CHECK(result.out == "undone\n0 lost\n0\n");
}

TEST_CASE("a symbolic link is followed to a file if root or the caller owns it", "[trust]") {
  const Result result = run(after_mounting("mount -t tmpfs tmpfs /mnt; mount --make-private /mnt; cd /mnt",
                                           {"sh", "-c", R"(
mkdir own && touch own/file
ln -s own/file root; ln -s root twice; ln -s own/file other; ln -s loop loop
chown -h 65534 other
for name in root twice other loop none; do
  "$1" --uts=$name true 2>&1; echo "$name $?"
done
umount own/file && umount own/file && echo "bound twice")",
                                            "sh", pidns_binary()}));
  CHECK(result.out ==
        "root 0\n"
        "pidns: --uts=twice: keeps a namespace already, which the new one covers\ntwice 0\n"
        "pidns: --uts=other: a symbolic link of another user: Permission denied\nother 125\n"
        "pidns: --uts=loop: Too many levels of symbolic links\nloop 125\n"
        "pidns: --uts=none: No such file or directory\nnone 125\n"
        "bound twice\n");
}

TEST_CASE("who keeps a namespace on a file that is not empty is told so", "[trust]") {
  const Result result =
      run(after_mounting("mount -t tmpfs tmpfs /mnt; mount --make-private /mnt; echo text > /mnt/file",
                         harness::pidns({"--uts=/mnt/file", "true"})));
  CHECK(result.err == "pidns: --uts=/mnt/file: is not empty; the namespace covers what is in it\n");
  CHECK(result.status() == 0);
}

TEST_CASE("directories in a new root are found while another user renames there", "[trust]") {
  const TemporaryDirectory directory;
  const std::string& path = directory.path();
  std::filesystem::create_directories(path + "/root/bin");
  std::filesystem::create_directories(path + "/root/real");
  std::filesystem::create_directories(path + "/root/there/x");
  std::filesystem::create_directories(path + "/theirs/a");
  std::filesystem::create_directories(path + "/theirs/b");
  std::filesystem::create_symlink("../real", path + "/root/proc");
  std::filesystem::create_symlink("../there/../../../there/x", path + "/root/way");
  std::filesystem::copy_file(parity_probe(), path + "/root/bin/probe");
  for (const std::string name : {"", "/theirs", "/theirs/a", "/theirs/b"}) {
    REQUIRE(::chmod((path + name).c_str(), 0777) == 0);
  }
  Running renaming(exchanger(path + "/theirs/a", path + "/theirs/b"));
  renaming.wait_for_output("ready\n");
  int right = 0;
  for (int i = 0; i < 200; ++i) {
    const Result result =
        run_pidns({"--root=" + path + "/root", "--wd=../way", "--mount-proc=/proc", "/bin/probe", "facts"});
    right += result.status() == 0 && result.err.empty() ? 1 : 0;
  }
  CHECK(right == 200);
  renaming.send(SIGKILL);
}

TEST_CASE("a path in a new root never leads out of it", "[trust]") {
  const TemporaryDirectory directory;
  const std::string& path = directory.path();
  std::filesystem::create_directories(path + "/root/proc");
  std::filesystem::create_directories(path + "/outside");
  std::filesystem::create_symlink("../../outside", path + "/root/relative");
  std::filesystem::create_symlink(path + "/outside", path + "/root/absolute");
  std::filesystem::create_symlink("round", path + "/root/round");
  write_file(path + "/root/file", "");
  for (const auto& [name, reason] : std::map<std::string, std::string>{
           {"relative", "No such file or directory"},
           {"absolute", "No such file or directory"},
           {"../outside", "No such file or directory"},
           {"round", "Too many levels of symbolic links"},
           {"file", "Not a directory"},
           {"file/..", "Not a directory"},
       }) {
    INFO(name);
    const Result result = run_pidns({"--root=" + path + "/root", "--wd=" + name, "true"});
    CHECK(message_of(result).text == "--wd=" + name + " in the new root: " + reason);
    CHECK(result.status() == 125);
  }
}

TEST_CASE("a command never runs with the proc of the host", "[trust]") {
  const TemporaryDirectory directory;
  const std::string root = directory.path() + "/root";
  std::filesystem::create_directories(root + "/bin");
  std::filesystem::create_symlink("/", root + "/proc");
  std::filesystem::copy_file(pidns_binary(), root + "/bin/pidns");
  for (const Command& options : {Command{"--mount-proc=/"}, Command{"--mount-proc=/../"},
                                 Command{"--mount-proc=/proc/self/root"}, Command{"--init", "--mount-proc=/"},
                                 Command{"--root=" + root}, Command{"--root=" + root, "--mount-proc=proc"}}) {
    Command line = options;
    line.insert(line.end(), {"/bin/pidns", "--version"});
    if (options.front().find("--root") == std::string::npos) {
      line.at(line.size() - 2) = pidns_binary();
    }
    INFO(options.front());
    const Result result = run_pidns(line);
    CHECK(result.out.empty());
    CHECK_THAT(message_of(result).text,
               Catch::EndsWith(": is the root directory, where a new proc cannot be seen"));
    CHECK(result.status() == 125);
  }
}

TEST_CASE("capabilities are kept across a change of user as by setpriv", "[trust]") {
  const Command maps{"-U", "--map-users=0:0:1000", "--map-groups=0:0:1000"};
  const auto in_namespace = [&](const Command& words) {
    Command command = maps;
    command.insert(command.end(), words.begin(), words.end());
    return harness::pidns(command);
  };
  const std::string kept = capabilities_of(in_namespace({"--keep-caps", "-S", "33", "-G", "34"}));
  CHECK(kept == capabilities_of(in_namespace({"setpriv", "--reuid=33", "--regid=34", "--clear-groups",
                                              "--inh-caps=+all", "--ambient-caps=+all"})));
  CHECK(kept.find("CapEff:\t0000000000000000") == std::string::npos);
  CHECK(capabilities_of(in_namespace({"-S", "33"})).find("CapEff:\t0000000000000000") != std::string::npos);
}

TEST_CASE("privilege is left as unshare leaves it", "[trust]") {
  int lines_compared = 0;
  for (const std::string options :
       {"", "-r", "-c", "-S 33", "-G 34", "-S 33 -G 34", "-r --keep-caps", "-c --keep-caps", "--map-user=5",
        "-U --keep-caps", "-r -S 0", "-U --setgroups=deny"}) {
    const Command commands[] = {
        {"setpriv", "--dump"},
        {"grep", "-E", "^(Cap|Uid|Gid|Groups|NoNewPrivs|Seccomp)", "/proc/self/status"}};
    for (const Command& command : commands) {
      INFO(options << " " << command.front());
      Command line = words(options);
      line.insert(line.end(), command.begin(), command.end());
      Command with_unshare{"unshare", "-pf", "--mount-proc"};
      with_unshare.insert(with_unshare.end(), line.begin(), line.end());
      const Result ours = run_pidns(line);
      const Result theirs = run(with_unshare);
      CHECK(ours.out == theirs.out);
      CHECK(ours.status() == 0);
      CHECK(theirs.status() == 0);
      lines_compared += static_cast<int>(lines(theirs.out).size());
    }
  }
  std::cout << "privilege: " << lines_compared << " lines compared\n";
}

TEST_CASE("a copy whose file grants nothing may run", "[trust]") {
  for (const std::string change : {"chmod u+s", "chmod g+s", "setcap cap_sys_admin+ep"}) {
    INFO(change);
    const TemporaryDirectory directory;
    const std::string copy = directory.path() + "/pidns";
    const std::string script = "mount -t tmpfs -o suid,exec,mode=755 tmpfs " + directory.path() + "; cp " +
                               pidns_binary() + " " + copy + "; chmod 755 " + copy + "; " + change + " " +
                               copy;
    // Twice: setpriv has the capabilities of root until it has executed a program.
    const Command nobody = as_nobody({"setpriv", "--no-new-privs", copy, "true"});
    CHECK(run(after_mounting(script, nobody)).status() == 0);
    CHECK(run(after_mounting(script, as_nobody({copy, "true"}))).status() == 125);
  }
}

TEST_CASE("the program file of the host cannot be reached from inside what is joined", "[trust]") {
  const TemporaryDirectory directory;
  const std::string& path = directory.path();
  std::filesystem::create_directories(path + "/there");
  write_file(path + "/script", "#!/proc/self/exe --wd=" + path + "/there\n");
  write_file(path + "/there/script", R"(#!/bin/sh
readlink /proc/1/exe
(echo >> /proc/1/exe) 2>/dev/null || echo 'not written to'
)");
  for (const std::string name : {"/script", "/there/script"}) {
    REQUIRE(::chmod((path + name).c_str(), 0755) == 0);
  }
  Running inside(pidns_as_pid_1({"sh", "-c", "echo ready; read -r line"}));
  inside.wait_for_output("ready\n");
  const std::string pid = std::to_string(only_child_of(inside.pid()));
  // The script is run by whatever has entered, which runs the other script below an init of its own.
  const Result result = run_pidns({"--join", pid, "./script"}, {.directory = path});
  CHECK(result.err.empty());
  CHECK(result.out == "/memfd:pidns (deleted)\nnot written to\n");
  inside.close_stdin();
  inside.finish();
}

TEST_CASE("no descriptor of pidns is the interpreter of a script", "[trust]") {
  const TemporaryDirectory directory;
  Running inside(pidns_as_pid_1({"sh", "-c", "echo ready; read -r line"}));
  inside.wait_for_output("ready\n");
  const std::string pid = std::to_string(only_child_of(inside.pid()));
  const std::string outside = std::to_string(::getpid());
  for (const Command& options :
       {Command{"--join", pid}, Command{"--fork"}, Command{"--mount-proc"}, Command{}}) {
    for (int fd = 3; fd < 12; ++fd) {
      // The kernel opens the interpreter before it closes what is closed at execve(2).
      const std::string script = directory.path() + "/script" + std::to_string(fd);
      write_file(script, "#!/proc/self/fd/" + std::to_string(fd) + "/" + outside + "/exe\n");
      REQUIRE(::chmod(script.c_str(), 0755) == 0);
      Command line = options;
      line.push_back(script);
      INFO((options.empty() ? "" : options.front()) << ", descriptor " << fd);
      const Result result = run_pidns(line);
      CHECK((result.status() == 126 || result.status() == 127));
      CHECK_THAT(result.err, Catch::StartsWith("pidns: cannot execute '" + script + "'"));
    }
  }
  inside.close_stdin();
  inside.finish();
}

TEST_CASE("a sealed copy can be made whatever the size of files is limited to, and a refusal has a hint",
          "[trust]") {
  const std::string start = "set -e; trap 'kill $pid' EXIT; " + pidns_binary() +
                            " --fork --mount-proc sh -c 'echo; exec sleep 1000' > fifo & "
                            "read -r _ < fifo; pid=$!; ";
  const std::string and_join = pidns_binary() + " --join $(cat /proc/$pid/task/$pid/children) echo joined";
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory.path() + "/fifo").c_str(), 0600) == 0);
  const Setup here{.directory = directory.path()};
  CHECK(run({"sh", "-c", start + "ulimit -Sf 10; " + and_join}, here).out == "joined\n");
  const std::string as_nobody_else = "setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource ";
  const Result limited = run({"sh", "-c", start + "ulimit -f 10; " + as_nobody_else + and_join}, here);
  CHECK(limited.err ==
        "pidns: cannot make a sealed copy of pidns: File too large\n"
        "pidns: hint: the limit of file sizes is too low: raise it with ulimit -f\n");
  if (std::filesystem::exists("/proc/sys/vm/memfd_noexec")) {  // it is one of the PID namespace
    const Result refused = run_pidns(
        {"--mount-proc", "sh", "-c", "echo 2 > /proc/sys/vm/memfd_noexec; " + start + and_join}, here);
    CHECK(
        refused.err ==
        "pidns: cannot make a sealed copy of pidns: Permission denied\n"
        "pidns: hint: vm.memfd_noexec=2 forbids programs in memory: 1 allows those that ask for it, as pidns "
        "does\n");
  }
}

TEST_CASE("a proc can be mounted on a bind mount of the root directory", "[trust]") {
  const TemporaryDirectory directory;
  const std::string script = "mount --bind / " + directory.path() + " && " + pidns_binary() +
                             " --fork --mount-proc=" + directory.path() + " ls -d " + directory.path() + "/1";
  const Result result = run({"unshare", "-m", "sh", "-c", script});
  CHECK(result.out == directory.path() + "/1\n");
  CHECK(result.err.empty());
}
