#include "pidns/launch/namespace_pinner.hpp"

#include <sched.h>

#include "pidns/process/exit_status.hpp"
#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("a namespace is found where its maker shows it", "[pinner]") {
  CHECK(namespace_file("4711", CLONE_NEWNET) == "/proc/4711/ns/net");
  CHECK(namespace_file("4711", CLONE_NEWNS) == "/proc/4711/ns/mnt");
  CHECK(namespace_file("4711", CLONE_NEWCGROUP) == "/proc/4711/ns/cgroup");
  CHECK(namespace_file("4711", CLONE_NEWUSER) == "/proc/4711/ns/user");
}

TEST_CASE("a namespace that its maker does not enter is found as that of its children", "[pinner]") {
  CHECK(namespace_file("4711", CLONE_NEWPID) == "/proc/4711/ns/pid_for_children");
  CHECK(namespace_file("4711", CLONE_NEWTIME) == "/proc/4711/ns/time_for_children");
}

TEST_CASE("a namespace is kept on a regular file that is there", "[pinner]") {
  const auto verify = [](const char* file) {
    Options options;
    options.pinned = {{.kind = CLONE_NEWUTS, .file = file}};
    Log log;
    const NamespacePinner pinner(options, log);
  };
  CHECK_NOTHROW(verify("/proc/self/status"));
  CHECK_THROWS_WITH(verify("/no/such/file"), "--uts=/no/such/file: No such file or directory");
  CHECK_THROWS_WITH(verify("/"), "--uts=/: Not a regular file");
  CHECK_THROWS_WITH(verify("/dev/null"), "--uts=/dev/null: Not a regular file");
}

TEST_CASE("without a namespace to keep nothing is asked of anybody", "[pinner]") {
  Log log;
  NamespacePinner pinner(Options{}, log);
  CHECK_NOTHROW(pinner.pin_all());
  CHECK_NOTHROW(pinner.wait());
}
