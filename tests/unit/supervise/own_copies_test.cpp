#include "pidns/supervise/own_copies.hpp"

#include <csignal>

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr pid_t inside = 7;
constexpr pid_t outside = 4711;
constexpr pid_t from_outside = 0;  // as PID 1 sees it

}  // namespace

TEST_CASE("a signal is passed on once, or not at all when the whole group has received it", "[own_copies]") {
  struct Row {
    const char* what;
    int own_signal;
    pid_t own_sender;
    int signal;  // of the outer pidns
    pid_t sender;
    bool pass_on;      // the outer one
    bool pass_own_on;  // after it
  };
  for (const auto& [what, own_signal, own_sender, signal, sender, pass_on, pass_own_on] : {
           Row{"kill 0 inside", SIGTERM, inside, SIGTERM, inside, false, false},
           Row{"kill 1 inside while another signals pidns", SIGTERM, inside, SIGTERM, outside, true, true},
           Row{"kill 1 inside by two", SIGTERM, inside, SIGTERM, inside + 1, true, true},
           Row{"kill 1 inside while another signal comes", SIGTERM, inside, SIGINT, inside, true, true},
           Row{"pkill pidns, or kill %1, outside", SIGTERM, from_outside, SIGTERM, outside, true, false},
           Row{"the kernel does not tell the sender", SIGTERM, from_outside, SIGTERM, 0, true, false},
       }) {
    INFO(what);
    OwnCopies copies;
    copies.hold(own_signal, own_sender);
    CHECK(copies.match(signal, sender) == pass_on);
    CHECK(copies.release(own_signal) == pass_own_on);
    CHECK_FALSE(copies.release(own_signal));
  }
}

TEST_CASE("a signal that PID 1 has not received is passed on", "[own_copies]") {
  OwnCopies copies;
  CHECK(copies.match(SIGTERM, outside));
  CHECK(copies.match(SIGTERM, inside));
  CHECK_FALSE(copies.release(SIGTERM));
}

TEST_CASE("every copy is matched once", "[own_copies]") {
  OwnCopies copies;
  copies.hold(SIGRTMIN, inside);
  copies.hold(SIGRTMIN, inside);
  CHECK_FALSE(copies.match(SIGRTMIN, inside));
  CHECK_FALSE(copies.match(SIGRTMIN, inside));
  CHECK(copies.match(SIGRTMIN, inside));
}

TEST_CASE("without an outer pidns all copies are passed on", "[own_copies]") {
  OwnCopies copies;
  copies.hold(SIGTERM, inside);
  copies.hold(SIGHUP, from_outside);
  CHECK(copies.release_all() == std::vector<int>{SIGTERM, SIGHUP});
  CHECK(copies.release_all().empty());
}
