#include "pidns/supervise/held_signals.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <vector>

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

TEST_CASE("a held signal that is pending no longer was consumed", "[held_signals]") {
  HeldSignals held;
  held.add(SIGTERM);
  held.add(64);
  held.keep_only(term | SignalSet::of(SIGINT));
  CHECK(held.contains(SIGTERM));
  CHECK_FALSE(held.contains(64));
  CHECK_FALSE(held.contains(SIGINT));
  held.keep_only({});
  CHECK(held.empty());
}

TEST_CASE("a held signal was consumed when two looks in a row do not find it", "[held_signals]") {
  struct Row {
    std::vector<SignalSet> pending;  // at each look
    bool still_held;
  };
  for (const auto& [looks, still_held] : {
           Row{{{}}, true},  // its delivery may be about to stop PID 1
           Row{{term, {}}, true},
           Row{{{}, term, {}}, true},
           Row{{{}, {}}, false},
           Row{{term, {}, {}}, false},
           Row{{SignalSet::all(), {}}, true},
       }) {
    HeldSignals held;
    held.add(SIGTERM);
    for (const SignalSet pending : looks) {
      held.look(pending);
    }
    CHECK(held.contains(SIGTERM) == still_held);
  }
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
