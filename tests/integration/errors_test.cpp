#include <elf.h>
#include <fcntl.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

void check_message(const Result& result, int status, const std::string& text, const std::string& hint = "") {
  const Message message = message_of(result);
  CHECK(message.text == text);
  CHECK(message.hint == hint);
  CHECK(result.status() == status);
}

/// Writes a file that can be executed. @return its path
std::string program(const TemporaryDirectory& directory, std::string_view content, mode_t mode = 0755) {
  std::string path = directory.path() + "/program";
  write_file(path, content);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
  return path;
}

}  // namespace

TEST_CASE("without privilege and without a user namespace there is nothing to be done", "[errors]") {
  check_message(run(pidns_as_nobody({"--no-user", "true"})), 125,
                "cannot create PID and mount namespaces: Operation not permitted",
                "run it as root, or leave out --no-user to use a user namespace");
  check_message(run(pidns_as_nobody({"--no-user", "--fork", "true"})), 125,
                "cannot create a PID namespace: Operation not permitted",
                "run it as root, or leave out --no-user to use a user namespace");
}

TEST_CASE("a kernel that is too old is named before anything is done", "[errors]") {
  const Setup setup{
      .before_exec = [] { ::personality(UNAME26); }};  // Linux 2.6.40 and later, to this process
  const std::string release = lines(run({"uname", "-r"}, setup).out).front();
  REQUIRE_THAT(release, Catch::StartsWith("2.6."));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"echo", "ran"},
                                                {"--fork", "echo", "ran"},
                                                {"--no-fork", "echo", "ran"},
                                                {"--join", std::to_string(::getpid()), "echo", "ran"}}) {
    check_message(run_pidns(words, setup), 125, "Linux " + release + " is too old: pidns needs 5.4 or later");
  }
  CHECK_THAT(run_pidns({"--check"}, setup).out,
             Catch::Contains("Linux " + release + ": pidns needs 5.4 or later\n"));
  CHECK(run_pidns({"--version"}, setup).status() == 0);
}

TEST_CASE("a limit of zero namespaces is named", "[errors]") {
  const std::string script = R"(
echo 0 > /proc/sys/user/max_${1}_namespaces
shift
exec "$@")";
  for (const std::string kind : {"pid", "mnt", "uts"}) {
    check_message(run({"unshare", "--user", "--map-root-user", "sh", "-ec", script, "sh", kind,
                       pidns_binary(), "-u", "true"}),
                  125, "cannot create PID, mount and UTS namespaces: No space left on device",
                  "user.max_" + kind + "_namespaces is 0 here: raise it with sysctl");
  }
}

TEST_CASE("the level that is too deep is refused with the reason", "[errors]") {
  std::vector<std::string> command{"true"};
  for (int level = 0; level < 33; ++level) {
    command = harness::pidns(command);
  }
  check_message(run(command), 125, "cannot create PID and mount namespaces: No space left on device",
                "PID namespaces nest at most 32 levels, and this is the deepest");
}

TEST_CASE("a seccomp filter is named", "[errors]") {
  check_message(
      run_pidns({"true"}, {.before_exec = [] { refuse_calls({SYS_unshare}, EPERM); }}), 125,
      "cannot create PID and mount namespaces: Operation not permitted",
      "a seccomp filter is in force and may refuse it: in a container, allow unshare and mount in its "
      "seccomp profile");
}

TEST_CASE("mounts that cover parts of proc are named and others are not", "[errors]") {
  // A mount on an empty directory made for it hides nothing; without binfmt_misc there is no such directory.
  // The kernel accepts any proc that is fully visible, so those mounted elsewhere are unmounted.
  const std::string harmless = R"(
awk '/ - proc / && $5 != "/proc" { print $5 }' /proc/self/mountinfo | xargs -r umount -l
[ ! -d /proc/sys/fs/binfmt_misc ] || mount -t tmpfs tmpfs /proc/sys/fs/binfmt_misc
)";
  const std::string covering = "mount -t tmpfs tmpfs /proc/sys/vm; mount --bind /dev/null /proc/version";
  const auto command = pidns_as_nobody({"echo", "it runs"});
  CHECK(run(after_mounting(harmless, command)).out == "it runs\n");
  check_message(run(after_mounting(harmless + covering, command)), 125,
                "cannot mount proc on /proc: Operation not permitted",
                "/proc is partly covered here, so the kernel refuses a new one to a user namespace: unmount "
                "/proc/sys/vm, /proc/version, or run it as root");
}

TEST_CASE("directories are looked at before anything is made", "[errors]") {
  const TemporaryDirectory directory;
  const std::string missing = directory.path() + "/missing";
  const std::string file = directory.path() + "/file";
  write_file(file, "");
  for (const std::string option : {"--mount-proc", "--root", "--wd"}) {
    CAPTURE(option);
    // As the user nobody and without a user namespace: if the namespaces came first, they would fail.
    check_message(run(pidns_as_nobody({"--no-user", option + "=" + missing, "true"})), 125,
                  option + "=" + missing + ": No such file or directory");
    check_message(run(pidns_as_nobody({"--no-user", option + "=" + file, "true"})), 125,
                  option + "=" + file + ": Not a directory");
  }
  check_message(run_pidns({"--root=" + directory.path(), "--mount-proc", "true"}), 125,
                "--mount-proc=/proc in the new root: No such file or directory");
  check_message(run_pidns({"--root=" + directory.path(), "--wd=/usr", "true"}), 125,
                "--wd=/usr in the new root: No such file or directory");
  check_message(run_pidns({"--wd=" + directory.path(), "--mount-proc=missing", "true"}), 125,
                "--mount-proc=missing: No such file or directory");
}

TEST_CASE("usage errors are messages like all others", "[errors]") {
  check_message(run_pidns({"--frok", "true"}), 125, "--frok: unknown option, did you mean --fork?");
  check_message(run_pidns({"--kill-child=FOO", "true"}), 125, "--kill-child: FOO is not a signal");
  check_message(run_pidns({"--wd"}), 125, "--wd: needs a value");
  check_message(run_pidns({"--fork", "--no-fork", "true"}), 125, "--fork and --no-fork: mutually exclusive");
  CHECK_THAT(message_of(run_pidns({"--no-fork", "--mount-proc", "true"})).text,
             Catch::StartsWith("--no-fork --mount-proc: "));
}

TEST_CASE("a message is one line whatever it quotes", "[errors]") {
  check_message(run_pidns({"/no\nsuch\tfile\x1b[0m"}), 127,
                "cannot execute '/no\\x0asuch\\x09file\\x1b[0m': No such file or directory");
  check_message(run_pidns({"--no\nsuch"}), 125, "--no\\x0asuch: unknown option, see pidns --help");
  check_message(run_pidns({"/caf\xc3\xa9"}), 127, "cannot execute '/caf\xc3\xa9': No such file or directory");
}

TEST_CASE("a command that is not there is not found", "[errors]") {
  check_message(run_pidns({"no-such-command"}), 127,
                "cannot execute 'no-such-command': No such file or directory");
  check_message(run_pidns({"/no/such/file"}), 127,
                "cannot execute '/no/such/file': No such file or directory");
  check_message(run_pidns({""}), 127, "cannot execute '': No such file or directory");
}

TEST_CASE("a directory is no command", "[errors]") {
  const TemporaryDirectory directory;
  check_message(run_pidns({directory.path()}), 126,
                "cannot execute '" + directory.path() + "': Permission denied",
                directory.path() + " is a directory");
}

TEST_CASE("a file without the permission is no command", "[errors]") {
  const TemporaryDirectory directory;
  const std::string file = program(directory, "#!/bin/sh\n", 0644);
  check_message(run_pidns({file}), 126, "cannot execute '" + file + "': Permission denied",
                file + " is not executable: chmod +x " + file);
  check_message(run_pidns({"program"}, {.environment = {"PATH=/nowhere:" + directory.path()}}), 126,
                "cannot execute 'program': Permission denied", file + " is not executable: chmod +x " + file);
}

TEST_CASE("a script is explained by its first line", "[errors]") {
  const TemporaryDirectory directory;
  const std::string script = program(directory, "#!/no/such/interpreter\n");
  check_message(run_pidns({script}), 127, "cannot execute '" + script + "': No such file or directory",
                script + " needs /no/such/interpreter, which does not exist");
  check_message(run_pidns({"program"}, {.environment = {"PATH=" + directory.path()}}), 127,
                "cannot execute 'program': No such file or directory",
                script + " needs /no/such/interpreter, which does not exist");
  program(directory, "#!/bin/sh\r\necho hello\r\n");
  check_message(run_pidns({script}), 127, "cannot execute '" + script + "': No such file or directory",
                "the first line of " + script + " ends with a carriage return: save it with Unix line ends");
}

TEST_CASE("a program for another machine is explained", "[errors]") {
  utsname kernel{};
  REQUIRE(::uname(&kernel) == 0);
  const std::string machine = kernel.machine;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = machine == "s390x" ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  // In the byte order of that machine.
  header.e_machine = __builtin_bswap16(machine == "s390x" ? EM_AARCH64 : EM_S390);
  const TemporaryDirectory directory;
  const std::string file =
      program(directory, std::string_view(reinterpret_cast<const char*>(&header), sizeof header));
  check_message(run_pidns({file}), 126, "cannot execute '" + file + "': Exec format error",
                file + " is built for " + (machine == "s390x" ? "aarch64" : "s390x") +
                    ", and this machine is " + machine);
}

TEST_CASE("a filesystem that is mounted noexec is named", "[errors]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/true";
  const std::string script = "mount -t tmpfs -o noexec tmpfs " + directory.path() + "; cp /bin/true " + file;
  check_message(run(after_mounting(script, harness::pidns({file}))), 126,
                "cannot execute '" + file + "': Permission denied",
                file + " is on a filesystem that is mounted noexec");
}

TEST_CASE("a file that no loader knows is handed to the shell", "[errors]") {
  const TemporaryDirectory directory;
  const std::string script = program(directory, R"(echo "$0 $1"
)");
  CHECK(run_pidns({script, "a b"}).out == script + " a b\n");
}

TEST_CASE("commands are looked up in every directory of PATH", "[errors]") {
  const TemporaryDirectory directory;
  program(directory, "#!/bin/sh\necho found\n");
  for (const std::string& path :
       {"/nowhere:" + directory.path(), "/dev/null:" + directory.path() + ":/nowhere",
        std::string(":/nowhere"), std::string("/nowhere:"), std::string("/nowhere::/nowhere"),
        std::string()}) {
    CAPTURE(path);
    CHECK(run_pidns({"program"}, {.environment = {"PATH=" + path}, .directory = directory.path()}).out ==
          "found\n");
  }
}

TEST_CASE("with stdin and stdout and stderr closed only the status is left", "[errors]") {
  const Setup closed{.before_exec = [] {
    for (const int fd : {0, 1, 2}) {
      ::close(fd);
    }
  }};
  CHECK(run_pidns({"sh", "-c", "exit 7"}, closed).status() == 7);
  CHECK(run_pidns({"--frok"}, closed).status() == 125);
  CHECK(run_pidns({"--wd=/no/such/directory", "true"}, closed).status() == 125);
  CHECK(run_pidns({"/"}, closed).status() == 126);
  CHECK(run_pidns({"no-such-command"}, closed).status() == 127);
}

TEST_CASE("words meant for a closed stderr do not reach another file", "[errors]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  write_file(file, "");
  const Setup setup{.before_exec = [&] {
    ::close(STDERR_FILENO);
    ::close(STDIN_FILENO);
    if (::open(file.c_str(), O_RDWR) != STDIN_FILENO) {
      ::_exit(97);
    }
  }};
  for (const std::string command : {"no-such-command", "--frok", "/"}) {
    CHECK(run_pidns({"-v", command}, setup).status() >= 125);
    CHECK(read_file(file).empty());
  }
}
