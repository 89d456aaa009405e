#include "pidns/signal/dispositions.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "pidns/proc/proc_status.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/signals.hpp"
#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("a thread inside sigtimedwait tells where its set is", "[dispositions]") {
  const std::uintptr_t address = ~std::uintptr_t{7};  // the highest that this machine has
  const std::string text =
      fmt::format("{} {:#x} 0x0 0x0 0x8 0x0 0x0 0x7ffc1 0x7f1\n", SYS_rt_sigtimedwait, address);
  CHECK(awaited_set_address(text) == address);
  CHECK(awaited_set_address("421 0xffe01234 0x0 0x0 0x8\n") == 0xffe01234);  // a program of 32 bits
#ifdef __x86_64__
  CHECK(awaited_set_address("177 0xffe01234 0x0 0x0 0x8\n") == 0xffe01234);  // one of i386
#endif
}

TEST_CASE("a thread inside another system call waits for no signal", "[dispositions]") {
  CHECK(awaited_set_address(fmt::format("{} 0x7ffc12345678 0x0\n", SYS_rt_sigsuspend)) == std::nullopt);
  CHECK(awaited_set_address(fmt::format("1{} 0x7ffc12345678 0x0\n", SYS_rt_sigtimedwait)) == std::nullopt);
}

TEST_CASE("a thread outside of system calls waits for no signal", "[dispositions]") {
  for (const std::string text : {"", "running\n", "-1 0x7ffc1 0x7f1\n", " 0x1", "\n"}) {
    CHECK(awaited_set_address(text) == std::nullopt);
  }
  CHECK(awaited_set_address(fmt::format("{}", SYS_rt_sigtimedwait)) == std::nullopt);
  CHECK(awaited_set_address(fmt::format("{} 1234\n", SYS_rt_sigtimedwait)) == std::nullopt);
}

TEST_CASE("the dispositions of this process are read from its status", "[dispositions]") {
  const UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
  const sighandler_t user1 = ::signal(SIGUSR1, SIG_IGN);
  const sighandler_t user2 = ::signal(SIGUSR2, [](int) {});
  const SignalSet mask = sys::set_signal_mask(SignalSet::of(SIGWINCH));
  const auto found = read_dispositions(proc, {.pid = ::getpid(), .proc_pid = ::getpid()});
  sys::set_signal_mask(mask);
  ::signal(SIGUSR1, user1);
  ::signal(SIGUSR2, user2);
  REQUIRE(found);
  CHECK(found->ignored.contains(SIGUSR1));
  CHECK(found->caught.contains(SIGUSR2));
  CHECK_FALSE(found->caught.contains(SIGUSR1));
  CHECK(found->blocked == SignalSet::of(SIGWINCH));
  CHECK(found->awaited == SignalSet());
}

TEST_CASE("the dispositions of a process that is gone are unknown", "[dispositions]") {
  const UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
  constexpr pid_t never = 0x7fffffff;  // above the highest pid_max
  CHECK_FALSE(read_dispositions(proc, {.pid = never, .proc_pid = never}));
  CHECK_FALSE(read_status(proc, never));
}

TEST_CASE("a signalfd tells its signals", "[dispositions]") {
  CHECK(signalfd_set("pos:\t0\nflags:\t02\nmnt_id:\t15\nsigmask:\t0000000000004200\n") ==
        (SignalSet::of(SIGUSR1) | SignalSet::of(SIGTERM)));
  CHECK(signalfd_set("pos:\t0\nflags:\t02\n") == SignalSet());
  CHECK(signalfd_set("") == SignalSet());
}

TEST_CASE("the signalfds of this process are found", "[dispositions]") {
  const UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
  CHECK_FALSE(has_signalfd(proc, ::getpid(), SIGUSR1));
  const UniqueFd signalfd = sys::open_signalfd(SignalSet::of(SIGUSR1));
  CHECK(has_signalfd(proc, ::getpid(), SIGUSR1));
  CHECK_FALSE(has_signalfd(proc, ::getpid(), SIGUSR2));
}
