#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>

#include "harness.hpp"
#include "listing_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace listing_tools;

TEST_CASE("a namespace whose PID 1 is a zombie is listed", "[listing]") {
  const Running running({"unshare", "--pid", "sh", "-c", ends_below_sleep});
  wait_until("a zombie", [&] {
    const auto children = children_of(running.pid());
    return children.size() == 1 && process_state(children.front()) == 'Z' &&
           status_field(running.pid(), "Name") == "sleep";
  });
  const pid_t zombie = children_of(running.pid()).front();
  const json listing = list();
  const ino_t ns = namespace_of(zombie, "pid");
  REQUIRE(find(listing, ns).is_object());
  CHECK(find(listing, ns)["process_count"] == 1);
  CHECK(find(listing, ns)["processes"][0]["state"] == "Z");
  CHECK(find(listing, ns)["processes"][0]["command"].empty());
  CHECK_THAT(run_pidns({"--list", number(zombie)}).out, Catch::EndsWith("       1  root  [sh] <defunct>\n"));
}

TEST_CASE("a listing can be limited to the namespace of a process and those below", "[listing]") {
  Running running(harness::pidns({"--mount-proc", "sh", "-c",
                                  "exec " + pidns_binary() + " --mount-proc sh -c 'echo ready; read line'"}));
  const pid_t outer = wait_for_init(running);
  const pid_t inner = children_of(outer).front();
  Running beside(harness::pidns_as_pid_1(ready_and_wait));
  wait_for_init(beside);
  const auto numbers = [](const json& listing) {
    std::set<ino_t> found;
    for (const json& ns : listing["namespaces"]) {
      found.insert(ns["namespace"].get<ino_t>());
    }
    return found;
  };
  const ino_t outer_ns = namespace_of(outer, "pid");
  const ino_t inner_ns = namespace_of(inner, "pid");
  CHECK(numbers(list({number(inner)})) == std::set<ino_t>{inner_ns});
  CHECK(numbers(list({number(outer)})) == std::set<ino_t>{outer_ns, inner_ns});
  CHECK(find(list({number(outer)}), inner_ns)["parent"] == outer_ns);
  CHECK(find(list({number(outer)}), outer_ns)["parent"] == namespace_of(::getpid(), "pid"));
  CHECK(run_pidns({"--list=" + number(inner)}).out == run_pidns({"--list", number(inner)}).out);
}

TEST_CASE("where the kernel does not tell the parent of a namespace, the process that made it does",
          "[listing]") {
  Running running(harness::pidns_as_pid_1(ready_and_wait));
  const pid_t init = wait_for_init(running);
  // ENOTTY is the answer to a 32-bit program that the kernel does not translate for, ENOSYS that of an
  // emulator.
  for (const int error : {ENOTTY, ENOSYS}) {
    INFO("error " << error);
    const Result result = run_pidns({"--list", "--json", number(init)},
                                    Setup{.before_exec = [error] { refuse_calls({SYS_ioctl}, error); }});
    CHECK(result.err.empty());
    REQUIRE(result.status() == 0);
    const json listed = find(json::parse(result.out), namespace_of(init, "pid"));
    REQUIRE(listed.is_object());
    CHECK(listed["parent"] == namespace_of(::getpid(), "pid"));
  }
}

TEST_CASE("the caller's own namespace is listed in full on request", "[listing]") {
  const json whole = find(list(), namespace_of(::getpid(), "pid"));
  CHECK(whole["yours"] == true);
  CHECK(whole["process_count"] > 1);
  CHECK_FALSE(whole.contains("processes"));
  const json full = find(list({number(::getpid())}), namespace_of(::getpid(), "pid"));
  CHECK(full["yours"] == true);
  CHECK(full["process_count"] == full["processes"].size());
  const auto& processes = full["processes"];
  CHECK(std::any_of(processes.begin(), processes.end(),
                    [](const json& process) { return process["outside"] == ::getpid(); }));
}

TEST_CASE("with the proc of the host the parent namespaces are listed too", "[listing]") {
  const std::string binary = pidns_binary();
  const std::string show = binary + " --list --json; readlink /proc/self/ns/pid";
  for (const int depth : {1, 2, 3}) {
    std::vector<std::string> command;
    for (int i = 0; i < depth; ++i) {
      command.insert(command.end(), {binary, "--fork"});
    }
    command.insert(command.end(), {"sh", "-c", show});
    const Result result = run(command);
    REQUIRE(result.status() == 0);
    const json listing = json::parse(result.out.substr(0, result.out.rfind("pid:[")));
    check_consistent(listing);
    const ino_t own = std::stoul(result.out.substr(result.out.rfind("pid:[") + 5));
    json ns = find(listing, own);
    REQUIRE(ns.is_object());
    CHECK(ns["yours"] == true);
    CHECK(ns["process_count"] == 2);
    for (int i = 0; i < depth; ++i) {
      REQUIRE(ns["parent"].is_number());
      ns = find(listing, ns["parent"].get<ino_t>());
      REQUIRE(ns.is_object());
    }
    CHECK(ns["namespace"] == namespace_of(::getpid(), "pid"));
    CHECK(ns["parent"].is_null());
    CHECK(ns["processes"].size() > 2);
  }
}

TEST_CASE("a proc that does not show the caller is listed completely", "[listing][unsanitized]") {
  Running running(harness::pidns_as_pid_1(ready_and_wait));
  const pid_t init = wait_for_init(running);
  const Result result = run({"nsenter", "--target", number(init), "--mount", pidns_binary(), "--list"});
  CHECK(result.err.empty());
  CHECK(result.status() == 0);
  CHECK(result.out == "pid:[" + number(static_cast<long>(namespace_of(::getpid(), "pid"))) +
                          "]  no process that can be seen\n`- pid:[" +
                          number(static_cast<long>(namespace_of(init, "pid"))) +
                          "]  root  1 process\n"
                          "      OUTSIDE  INSIDE  USER  COMMAND\n"
                          "            1       -  root  sh -c echo ready; read line\n");
}

TEST_CASE("users have the names of the passwd file, or their numbers", "[listing]") {
  auto command = harness::pidns({"--mount-proc", "setpriv", "--reuid=4294967294", "--clear-groups"});
  command.insert(command.end(), ready_and_wait.begin(), ready_and_wait.end());
  Running running(command);
  const pid_t init = wait_for_init(running);
  const std::vector<std::string> show{pidns_binary(), "--list", number(init)};
  CHECK_THAT(run(show).out,
             Catch::Contains("]  4294967294  1 process") && Catch::Contains("1  4294967294  sh"));
  const std::string script =
      "mount -t tmpfs tmpfs /mnt; echo 'root:x:0:0::/:/bin/sh\nsome\x1b:x:4294967294:0::/:/bin/sh' "
      ">/mnt/passwd\n"
      "mount --bind /mnt/passwd /etc/passwd";
  CHECK_THAT(run(after_mounting(script, show)).out,
             Catch::Contains("]  some\\x1b  1 process") && Catch::Contains("1  some\\x1b  sh"));
}

TEST_CASE("an ordinary user reads how many processes were not permitted", "[listing]") {
  const auto as_user = pidns_as_nobody({});
  const Result result = run_in_a_world(
      "$pid1 sh -c 'for i in $(seq 100); do sleep 1000 & done; echo ready >&3; exec sleep 1000' & read ready "
      "<&3\n"
      "setpriv --reuid=nobody --regid=nogroup --clear-groups " +
      as_user.back() +
      " --mount-proc sh -c 'echo ready >&3; exec sleep 1000' & read ready <&3\n"
      "setpriv --reuid=nobody --regid=nogroup --clear-groups " +
      as_user.back() + " --list --json\n");
  REQUIRE(result.status() == 0);
  const json listing = json::parse(result.out);
  CHECK(listing["hidden_processes"] == 101);
  CHECK(listing["hidepid"].is_null());
  REQUIRE(listing["namespaces"].size() == 2);
  for (const json& ns : listing["namespaces"]) {
    if (ns["yours"] == true) {
      CHECK(ns["process_count"] == 4);  // the script, pidns twice, and the one that lists
    } else {
      CHECK(ns["owner"] == "nobody");
      CHECK(ns["process_count"] == 1);
    }
  }
}

TEST_CASE("an ordinary user reads that proc hides processes", "[listing]") {
  const std::map<std::string, std::string> modes{{"1", "noaccess"}, {"2", "invisible"}};
  // nobody sees only its own processes: the one that looks, and any other that runs as nobody on this
  // machine.
  const auto count = harness::as_nobody(
      {"sh", "-c", "n=0; for p in /proc/[0-9]*; do [ ! -e $p/status ] || n=$((n + 1)); done; echo $n"});
  for (const auto& [mode, name] : modes) {
    const std::string script = "mount -t proc -o hidepid=" + mode + " proc /proc";
    const Result text = run(after_mounting(script, pidns_as_nobody({"--list"})));
    CHECK(text.status() == 0);
    CHECK(text.err.empty());
    CHECK_THAT(text.out,
               Catch::EndsWith("\nthere may be more: /proc is mounted with hidepid=" + name + "\n"));
    json listing;
    std::string listed;
    std::string counted;
    // Between our listing and our count, the user nobody may start or end another process.
    for (int i = 0; i < 100; ++i) {
      const Result data = run(after_mounting(script, pidns_as_nobody({"--list", "--json"})));
      REQUIRE(data.status() == 0);
      listing = json::parse(data.out);
      listed = listing["namespaces"][0]["process_count"].dump() + "\n";
      counted = run(after_mounting(script, count)).out;
      if (listed == counted) {
        break;
      }
    }
    CHECK(listing["hidepid"] == name);
    CHECK((listing["hidden_processes"] > 0) == (mode == "1"));
    CHECK(listing["namespaces"].size() == 1);
    CHECK(listed == counted);
  }
}

TEST_CASE("root reads nothing about a hidepid that hides nothing from root", "[listing]") {
  const Result result =
      run(after_mounting("mount -t proc -o hidepid=2 proc /proc", harness::pidns({"--list", "--json"})));
  REQUIRE(result.status() == 0);
  const json listing = json::parse(result.out);
  CHECK(listing["hidepid"].is_null());
  CHECK(find(listing, namespace_of(::getpid(), "pid"))["process_count"] > 2);
}

TEST_CASE("more namespaces than files may be open are listed", "[listing]") {
  const Result result = run_in_a_world(
      "for i in $(seq 60); do $pid1 sh -c 'echo ready >&3; exec sleep 1000' & read ready <&3; done\n"
      "ulimit -Sn 20; $pidns --list | grep -c 'pid:\\['\n");
  CHECK(result.err.empty());
  CHECK(result.out == "61\n");
}

TEST_CASE("a listing that cannot be made is an error", "[listing]") {
  const Result missing = run_pidns({"--list", "99999999"});
  CHECK(missing.err == "pidns: --list: no process has the PID 99999999\n");
  CHECK(missing.out.empty());
  CHECK(missing.status() == 125);
  Running running(harness::pidns_as_pid_1(ready_and_wait));
  const pid_t init = wait_for_init(running);
  const Result forbidden = run(with_open_proc(pidns_as_nobody({"--list", number(init)})));
  CHECK(forbidden.err == "pidns: --list: not permitted to look at the PID namespace of process " +
                             number(init) + "\npidns: hint: run it as root\n");
  CHECK(forbidden.status() == 125);
  const Result full = run({"sh", "-c", pidns_binary() + " --list >/dev/full"});
  CHECK(full.err == "pidns: cannot write to stdout: No space left on device\n");
  CHECK(full.status() == 125);
}
