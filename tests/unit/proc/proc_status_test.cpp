#include "pidns/proc/proc_status.hpp"

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr std::string_view example =
    "Name:\tbash\n"
    "Umask:\t0022\n"
    "State:\tS (sleeping)\n"
    "Pid:\t4711\n"
    "PPid:\t4710\n"
    "Uid:\t1000\t1001\t1000\t1000\n"
    "Gid:\t100\t4294967294\t100\t100\n"
    "NSpid:\t4711\t12\t1\n"
    "VmSize:\t    7236 kB\n"
    "Threads:\t3\n"
    "SigQ:\t1/63000\n"
    "SigPnd:\t0000000000000001\n"
    "ShdPnd:\t0000000000040000\n"
    "SigBlk:\t0000000000010000\n"
    "SigIgn:\t0000000000380004\n"
    "SigCgt:\tc00000004b817efb\n"
    "CapPrm:\t000001fffeffffff\n"
    "Seccomp:\t2\n"
    "Seccomp_filters:\t5\n"
    "voluntary_ctxt_switches:\t150\n"
    "nonvoluntary_ctxt_switches:\t7\n";

}  // namespace

TEST_CASE("a status file is read", "[proc_status]") {
  const ProcStatus status = parse_status(example);
  CHECK(status.name == "bash");
  CHECK(status.state == 'S');
  CHECK(status.parent == 4710);
  CHECK(status.user == 1001);
  CHECK(status.group == 4294967294);
  CHECK(status.switches == 157);
  CHECK(status.threads == 3);
  CHECK(status.pids == std::vector<pid_t>{4711, 12, 1});
  CHECK(status.capabilities == 0x1fffeffffff);
  CHECK(status.seccomp_mode == 2);
  CHECK(status.pending == SignalSet::of(SIGSTOP));
  CHECK(status.blocked == SignalSet::of(SIGCHLD));
  CHECK(status.ignored == SignalSet(0x380004));
  CHECK(status.caught == SignalSet(0xc00000004b817efb));
  CHECK(status.caught.contains(64));
}

TEST_CASE("a status file is read up to its PIDs for a listing", "[proc_status]") {
  const ProcStatus status = parse_status(example, StatusLines::up_to_pids);
  CHECK(status.name == "bash");
  CHECK(status.state == 'S');
  CHECK(status.parent == 4710);
  CHECK(status.user == 1001);
  CHECK(status.pids == std::vector<pid_t>{4711, 12, 1});
  CHECK(status.threads == 0);
  CHECK(status.caught == SignalSet());
}

TEST_CASE("a status file that lacks lines leaves defaults", "[proc_status]") {
  for (const std::string_view text :
       {"", "\n\n", "State:", "State:\n", "garbage", ":\n", "Threads:\tmany\nNSpid:\n"}) {
    const ProcStatus status = parse_status(text);
    CHECK(status.state == '?');
    CHECK(status.threads == 0);
    CHECK(status.pids.empty());
    CHECK(status.caught == SignalSet());
  }
}

TEST_CASE("a status file is read up to where it was cut off", "[proc_status]") {
  CHECK(parse_status("State:\tZ").state == 'Z');
  CHECK(parse_status("NSpid:\t7").pids == std::vector<pid_t>{7});
  CHECK(parse_status("SigCgt:\tff").caught == SignalSet(0xff));
}

TEST_CASE("a name that looks like another line is not taken for it", "[proc_status]") {
  CHECK(parse_status("Name:\tState:\tZ\nState:\tR (running)\n").state == 'R');
}

TEST_CASE("a name is read with its blanks and without the escapes of the kernel", "[proc_status]") {
  CHECK(parse_status("Name:\t a\\nb\\\\n \n").name == " a\nb\\n ");
  CHECK(parse_status("Name:\ta\\").name == "a\\");
  CHECK(parse_status("Name:").name.empty());
}

TEST_CASE("kernel threads are told from processes", "[proc_status]") {
  CHECK(is_kernel_thread("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 6 0 0 20 0 1 0 2 0 0"));
  CHECK(is_kernel_thread("41 (kworker/u8:3-x) I 2 0 0 0 -1 69238880 0 0 0 0"));
  CHECK_FALSE(is_kernel_thread("4711 (bash) S 4710 4711 4711 34816 4711 4194304 1000 0 0"));
  CHECK_FALSE(is_kernel_thread("4712 (a ) S 0 0 0 0 -1 2129984) S 1 2 3 4 5 4194304 0"));
  CHECK_FALSE(is_kernel_thread(""));
}

TEST_CASE("a process that has ended without executing a program is recognized by its flags", "[proc]") {
  CHECK(has_ended_before_exec("12 (pidns) Z 11 11 11 0 -1 4228172 0 0 0 0"));
  CHECK_FALSE(has_ended_before_exec("12 (true) Z 11 11 11 0 -1 4228108 0 0 0 0"));   // has executed one
  CHECK_FALSE(has_ended_before_exec("12 (pidns) R 11 11 11 0 -1 4194368 0 0 0 0"));  // may still do it
  CHECK_FALSE(has_ended_before_exec(""));
}
