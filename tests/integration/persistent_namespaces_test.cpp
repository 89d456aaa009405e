#include <sys/stat.h>

#include <filesystem>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

/// Scripts that change to a directory with two files, on a mount of its own.
constexpr const char* private_place =
    "mount -t tmpfs tmpfs /mnt; mount --make-private /mnt; touch /mnt/a /mnt/b; cd /mnt";
constexpr const char* shared_place =
    "mount -t tmpfs tmpfs /mnt; mount --make-shared /mnt; touch /mnt/a /mnt/b; cd /mnt";

Result run_there(const char* place, const std::string& script) {
  return run(after_mounting(place, {"sh", "-c", script, "sh", pidns_binary()}),
             {.before_exec = stay_on_one_cpu});
}

}  // namespace

TEST_CASE("a namespace that is kept outlives the command", "[persistent]") {
  const Result result = run_there(private_place, R"(
mkdir c
"$1" --uts=a --mount=b sh -c 'hostname kept; mount -t tmpfs kept c; touch c/file'
nsenter --uts=a --mount=b sh -c "hostname; ls $PWD/c"
ls c
)");
  CHECK(result.err.empty());
  CHECK(result.out == "kept\nfile\n");
}

TEST_CASE("a PID namespace that is kept can be entered while its PID 1 runs", "[persistent]") {
  const Result result = run_there(private_place, R"(
mkfifo go
"$1" --pid=a --mount-proc sh -c 'echo $$; read -r line < go' &
exec 3> go  # opened once PID 1 reads: it is there
nsenter --pid=a sh -c '[ $$ -gt 1 ] && readlink /proc/self/ns/pid_for_children'
nsenter --pid=a --mount=/proc/$!/ns/mnt true
for child in $(cat /proc/$!/task/$!/children); do
  readlink /proc/$child/ns/pid
done
echo >&3
wait $!
)");
  CHECK(result.err.empty());
  const std::vector<std::string> said = lines(result.out);
  REQUIRE(said.size() == 3);  // and so no other child than PID 1 is left
  CHECK(said[0] == "1");
  CHECK(said[1] == said[2]);
}

TEST_CASE("where a mount namespace cannot be kept the reason is measured and nothing is", "[persistent]") {
  const Result result =
      run_there(shared_place, R"(exec "$1" --pid=a --mount=b --propagation=shared echo it runs)");
  const Message message = message_of(result);
  CHECK_THAT(message.text,
             Catch::StartsWith("cannot bind /proc/") && Catch::EndsWith("/ns/mnt to b: Invalid argument"));
  CHECK_THAT(message.hint, Catch::StartsWith("b is on a shared mount, "));
  CHECK(result.status() == 125);
  CHECK(
      run_there(shared_place, R"("$1" --pid=a --mount=b --propagation=shared true; cat /proc/self/mountinfo)")
          .out.find("nsfs") == std::string::npos);
}

TEST_CASE("without privilege outside nothing can be kept", "[persistent]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  write_file(file, "");
  const Message message = message_of(run(pidns_as_nobody({"--net=" + file, "echo", "it runs"})));
  CHECK_THAT(message.text, Catch::EndsWith(" to " + file + ": Operation not permitted"));
  CHECK(message.hint == "this requires CAP_SYS_ADMIN outside the new namespaces: run it as root");
}

TEST_CASE("a command that fails keeps what was made for it and no helper", "[persistent]") {
  const Result result = run_there(private_place, R"(
"$1" --net=a sh -c 'exit 7'
echo $?
stat -f -c %T a
"$1" --net=b --wd=/none true 2>&1
stat -f -c %T b
read -r left < /proc/$$/task/$$/children
echo "left: $left"
)");
  CHECK(result.out == "7\nnsfs\npidns: --wd=/none: No such file or directory\ntmpfs\nleft: \n");
}

TEST_CASE("a file of a kind is run by the interpreter that was loaded for it", "[binfmt]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file.kind";
  write_file(file, "exit 9");
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
  for (const bool as_root : {true, false}) {
    CAPTURE(as_root);
    const std::vector<std::string> words{"-r", "-l", ":kind:E::kind::/bin/echo:", file, "hello"};
    const Result result = as_root ? run_pidns(words) : run(pidns_as_nobody(words));
    CHECK(result.out == file + " hello\n");
    CHECK(result.err.empty());
  }
  CHECK(run_pidns({"--mount-binfmt", "-r", file}).status() == 9);  // of a shell, as without all this
}

TEST_CASE("a fixed interpreter is one of the caller's root", "[binfmt]") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file.kind";
  write_file(file, "");
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
  REQUIRE(std::filesystem::create_directory(directory.path() + "/proc"));
  const auto run_with = [&](const std::string& flags) {
    return run_pidns({"-r", "--root=" + directory.path(), "-l",
                      ":kind:E::kind::" + parity_probe() + ":" + flags, "/file.kind"});
  };
  CHECK(run_with("F").out == "interpreter of /file.kind\n");
  CHECK(run_with("").status() == 127);
}

TEST_CASE("only root of the user namespace may load an interpreter", "[binfmt]") {
  const Message message = message_of(run(pidns_as_nobody({"-c", "-l", ":kind:E::kind::/bin/echo:", "true"})));
  CHECK(message.text == "cannot open /proc/sys/fs/binfmt_misc/register: Permission denied");
  CHECK(message.hint == "only root of the user namespace may load it: add --map-root-user");
}
