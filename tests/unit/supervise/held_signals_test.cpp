#include "pidns/supervise/held_signals.hpp"

#include <csignal>

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr SignalSet term = SignalSet::of(SIGTERM);

}  // namespace

TEST_CASE("what becomes of a held signal is decided where it is delivered", "[held_signals]") {
  struct Row {
    int signal;
    SignalSet handled;
    Outcome outcome;
    bool still_held;
  };
  for (const auto& [signal, handled, outcome, still_held] : {
           Row{SIGTERM, {}, Outcome::discarded, false},
           Row{SIGTERM, term, Outcome::consumed, false},
           Row{SIGTERM, ~term, Outcome::discarded, false},
           Row{SIGCHLD, {}, Outcome::consumed, true},  // not held: it is PID 1's own affair
           Row{SIGCHLD, SignalSet::of(SIGCHLD), Outcome::consumed, true},
       }) {
    HeldSignals held;
    held.add(SIGTERM);
    CHECK(held.deliver(signal, handled) == outcome);
    CHECK(held.contains(SIGTERM) == still_held);
    CHECK(held.empty() != still_held);
  }
}

TEST_CASE("a held signal that is pending no longer is held no longer", "[held_signals]") {
  HeldSignals held;
  held.add(SIGTERM);
  held.add(64);
  held.look(term | SignalSet::of(SIGINT));
  CHECK(held.contains(SIGTERM));
  CHECK_FALSE(held.contains(64));
  CHECK_FALSE(held.contains(SIGINT));
  held.look({});
  CHECK(held.empty());
}

TEST_CASE("a signal that has left the queue counts as held when it is delivered", "[held_signals]") {
  HeldSignals held;
  held.add(SIGTERM);
  held.look({});
  CHECK(held.empty());
  SECTION("without a handler") {
    CHECK(held.deliver(SIGTERM, {}) == Outcome::discarded);
  }
  SECTION("with a handler") {
    CHECK(held.deliver(SIGTERM, term) == Outcome::consumed);
  }
  SECTION("unless no thread was on its way to a delivery: then this one is another") {
    held.forget_missing();
    CHECK(held.deliver(SIGTERM, {}) == Outcome::consumed);
    return;
  }
  SECTION("also when it is pending again: two were sent") {
    held.look(term);
    CHECK(held.deliver(SIGTERM, {}) == Outcome::discarded);
  }
  CHECK(held.deliver(SIGTERM, {}) == Outcome::consumed);  // once
}

TEST_CASE("a signal that is held again is not decided by the look before", "[held_signals]") {
  HeldSignals held;
  held.add(SIGTERM);
  held.look({});
  held.add(SIGTERM);
  held.forget_missing();
  CHECK(held.contains(SIGTERM));
  CHECK(held.deliver(SIGTERM, {}) == Outcome::discarded);
}

TEST_CASE("what had left the queue when PID 1 was stopped is held again", "[held_signals]") {
  HeldSignals held;
  held.add(SIGTERM);
  held.add(SIGINT);
  held.look(SignalSet::of(SIGINT));
  held.hold_missing();
  held.forget_missing();
  CHECK(held.contains(SIGTERM));
  CHECK(held.contains(SIGINT));
}

TEST_CASE("being continued discards the stop signals that are held", "[held_signals]") {
  HeldSignals held;
  for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU, SIGTERM}) {
    held.add(signal);
  }
  held.remove_stop_signals();
  CHECK_FALSE(held.contains(SIGTSTP));
  CHECK_FALSE(held.contains(SIGTTIN));
  CHECK_FALSE(held.contains(SIGTTOU));
  CHECK(held.contains(SIGTERM));
}
