#include <sys/syscall.h>

#include <cerrno>
#include <map>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

/// The findings of --check: by their names, `ok ...` or `no ...`.
std::map<std::string, std::string> findings_of(const Result& result) {
  std::map<std::string, std::string> findings;
  CHECK(result.err.empty());
  for (const std::string& line : lines(result.out)) {
    const std::string rest = line.substr(4);
    const auto end = rest.find("  ");
    REQUIRE(end != std::string::npos);
    findings[rest.substr(0, end)] = line.substr(0, 3) + rest.substr(rest.find_first_not_of(' ', end));
  }
  return findings;
}

bool is_ok(const std::map<std::string, std::string>& findings, const std::string& name) {
  REQUIRE(findings.contains(name));
  return findings.at(name).starts_with("ok ");
}

/// Where a part of /proc is covered, and no other proc is left that the kernel could take for one.
const std::string cover = R"(
awk '/ - proc / && $5 != "/proc" { print $5 }' /proc/self/mountinfo | xargs -r umount -l
mount --bind /dev/null /proc/version
)";

}  // namespace

TEST_CASE("a check has a line for each thing and ends with 0 where the bare line works", "[check]") {
  for (const auto& command : {harness::pidns({"--check"}), pidns_as_nobody({"--check"})}) {
    CAPTURE(command);
    const Result result = run(with_open_proc(command));
    CAPTURE(result.out);
    const auto findings = findings_of(result);
    CHECK(findings.size() == 10);
    for (const std::string name : {"pidns COMMAND", "PID namespace", "user namespace", "own /proc", "nesting",
                                   "limits", "hidepid", "kernel"}) {
      CAPTURE(name);
      CHECK(is_ok(findings, name));
    }
    CHECK(findings.contains(
        "ps with --fork"));  // it may fail: procps 4.0.2 and 4.0.4 do, as chance will have it
    CHECK(result.status() == 0);
  }
}

TEST_CASE("a check leaves no process and no namespace behind", "[check]") {
  check_alone("alone: a check leaves nothing behind");
}

TEST_CASE("alone: a check leaves nothing behind", "[.]") {
  CHECK(run_pidns({"--check"}).status() == 0);
  CHECK(other_processes().empty());
  CHECK(lines(run({"lsns", "-n", "-t", "pid"}).out).size() == 1);
}

TEST_CASE("a check finds a limit of user namespaces", "[check]") {
  const Result result = run({"unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c",
                             "echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all "
                             "--inh-caps=-all --ambient-caps=-all " +
                                 pidns_binary() + " --check"});
  CAPTURE(result.out, result.err);
  const auto findings = findings_of(result);
  const std::string advice = "user.max_user_namespaces is 0 here: raise it with sysctl";
  CHECK(findings.at("limits") == "no " + advice);
  CHECK_THAT(findings.at("user namespace"), Catch::StartsWith("no cannot create") && Catch::EndsWith(advice));
  CHECK_THAT(findings.at("pidns COMMAND"), Catch::StartsWith("no ") && Catch::EndsWith(advice));
  CHECK(findings.at("ps with --fork") == "no not tested: it needs a PID namespace");
  CHECK(result.status() == 1);
}

TEST_CASE("a check names what covers proc", "[check]") {
  const Result result = run(after_mounting(cover, pidns_as_nobody({"--check"})));
  CAPTURE(result.out);
  const auto findings = findings_of(result);
  CHECK(findings.at("own /proc") ==
        "no cannot mount proc on /proc: Operation not permitted: /proc is partly covered here, so the kernel "
        "refuses "
        "a new one to a user namespace: unmount /proc/version, or run it as root");
  CHECK_FALSE(is_ok(findings, "pidns COMMAND"));
  CHECK(is_ok(findings, "PID namespace"));
  CHECK(result.status() == 1);
  CHECK(is_ok(findings_of(run(after_mounting(cover, harness::pidns({"--check"})))), "own /proc"));
}

TEST_CASE("a check finds hidepid", "[check]") {
  const std::string hide = "mount -t proc -o hidepid=2 proc /proc";
  const Result result = run(after_mounting(hide, pidns_as_nobody({"--check"})));
  CHECK(findings_of(result).at("hidepid") ==
        "no /proc is mounted with hidepid=invisible: run --list and --join as root");
  CHECK(is_ok(findings_of(run(after_mounting(hide, harness::pidns({"--check"})))), "hidepid"));
}

TEST_CASE("a check counts the levels of nesting that are left", "[check]") {
  const auto nested = [](int depth) {
    std::vector<std::string> command;
    for (int i = 0; i < depth; ++i) {
      command.insert(command.end(), {pidns_binary(), "--mount-proc"});
    }
    command.insert(command.end(), {pidns_binary(), "--check"});
    const Result result = run(command);
    return std::pair(findings_of(result), result.status());
  };
  const std::string here = findings_of(run_pidns({"--check"})).at("nesting");
  const int left = std::stoi(words(here)[1]);
  REQUIRE(left > 2);
  CHECK(here == "ok " + std::to_string(left) + " more levels");
  CHECK(nested(2).first.at("nesting") == "ok " + std::to_string(left - 2) + " more levels");
  CHECK(nested(left - 1).first.at("nesting") == "ok 1 more level");
  const auto [deepest, status] = nested(left);
  CHECK(deepest.at("nesting") ==
        "no PID namespaces nest at most 32 levels, and this is the deepest: run it further out");
  CHECK_FALSE(is_ok(deepest, "pidns COMMAND"));
  CHECK(status == 1);
}

TEST_CASE("a check names a filter of system calls", "[check]") {
  const Setup setup{.before_exec = [] { refuse_calls({SYS_unshare}, EPERM); }};
  const Result result = run_pidns({"--check"}, setup);
  CAPTURE(result.out);
  const auto findings = findings_of(result);
  for (const std::string name : {"pidns COMMAND", "PID namespace", "user namespace", "own /proc"}) {
    CHECK_THAT(findings.at(name),
               Catch::StartsWith("no cannot create") &&
                   Catch::EndsWith("a seccomp filter is in force and may refuse it: in a container, "
                                   "allow unshare and mount in its seccomp profile"));
  }
  CHECK_FALSE(is_ok(findings, "nesting"));
  CHECK(is_ok(findings, "kernel"));
  CHECK(result.status() == 1);
}

TEST_CASE("a check finds that newuidmap is missing", "[check]") {
  const TemporaryDirectory directory;
  write_file(directory.path() + "/subuid", "nobody:100000:65536\n");
  const std::string subids = "mount --bind " + directory.path() + "/subuid /etc/subuid\n" + "mount --bind " +
                             directory.path() + "/subuid /etc/subgid\n";
  CHECK(findings_of(run(after_mounting(subids, pidns_as_nobody({"--check"})))).at("newuidmap") ==
        "ok maps the subordinate IDs of this user");
  const Result result = run(after_mounting(subids, as_nobody({"env", "PATH=" + directory.path() + "/none",
                                                              pidns_as_nobody({}).back(), "--check"})));
  CHECK_THAT(findings_of(result).at("newuidmap"),
             Catch::StartsWith("no newuidmap: not found: it is in Debian's package uidmap"));
  CHECK(result.status() == 0);  // the bare line does without
}

TEST_CASE("a check finds that ps is missing", "[check]") {
  const TemporaryDirectory directory;
  const std::string tools = directory.path() + "/tools";
  const std::string script =
      "chmod 755 " + directory.path() + "; mkdir " + tools + "; ln -s /bin/sh " + tools + "/sh";
  REQUIRE(run({"sh", "-c", script}).status() == 0);
  const auto finding = [&](const std::string& path) {
    const Result result = run(as_nobody({"env", "PATH=" + path, pidns_as_nobody({}).back(), "--check"}));
    return findings_of(result).at("ps with --fork");
  };
  CHECK(finding(tools) == "no there is no ps: install procps");
  CHECK(finding(tools + "/none") == "no cannot execute 'sh': No such file or directory");
}

TEST_CASE("a check is readable on a terminal", "[check]") {
  const Setup refused{.environment = {"TERM=xterm", "NO_COLOR="},
                      .before_exec = [] { refuse_calls({SYS_unshare}, EPERM); }};
  Terminal terminal(harness::pidns({"--check"}), refused);
  terminal.finish();
  CHECK_THAT(terminal.shown(), Catch::Contains("\x1b[1mno  pidns COMMAND"));
  const Result plain = run_pidns({"--check"}, refused);
  CHECK_THAT(plain.out, !Catch::Contains("\x1b"));
}
