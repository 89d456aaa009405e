#include "pidns/signal/signal_policy.hpp"

#include <catch2/catch.hpp>

using namespace pidns;

TEST_CASE("a signal from a process is relayed whatever PID 1 does with it", "[relay]") {
  for (int signal = 1; signal <= 64; ++signal) {
    CHECK(relay_decision(signal, Origin::process, {}).relay);
    CHECK(relay_decision(signal, Origin::process, {.caught = SignalSet::all()}).relay);
  }
}

TEST_CASE("a signal that reached the whole group is not relayed", "[relay]") {
  for (int signal = 1; signal <= 64; ++signal) {
    CHECK_FALSE(relay_decision(signal, Origin::group, {}).relay);
    CHECK_FALSE(relay_decision(signal, Origin::group, {.caught = SignalSet::all()}).relay);
  }
}

TEST_CASE("the default action is applied when PID 1 has no use for the signal", "[relay]") {
  for (const Origin origin : {Origin::process, Origin::group}) {
    CHECK(relay_decision(SIGTERM, origin, {}).apply_default);
    CHECK(relay_decision(SIGTSTP, origin, {}).apply_default);
    CHECK(relay_decision(64, origin, {.caught = ~SignalSet::of(64)}).apply_default);
  }
}

TEST_CASE("the default action is not applied to a signal that PID 1 uses", "[relay]") {
  const SignalSet term = SignalSet::of(SIGTERM);
  for (const Origin origin : {Origin::process, Origin::group}) {
    CHECK_FALSE(relay_decision(SIGTERM, origin, {.caught = term}).apply_default);
    CHECK_FALSE(relay_decision(SIGTERM, origin, {.ignored = term}).apply_default);
    CHECK_FALSE(relay_decision(SIGTERM, origin, {.blocked = term}).apply_default);
    CHECK_FALSE(relay_decision(SIGTERM, origin, {.awaited = term}).apply_default);
  }
}

TEST_CASE("signals that do nothing by default are only relayed", "[relay]") {
  for (const int signal : {SIGCHLD, SIGCONT, SIGURG, SIGWINCH}) {
    CHECK(relay_decision(signal, Origin::process, {}) == Decision{.relay = true, .apply_default = false});
  }
}

TEST_CASE("terminal signals of the kernel went to the group and timers did not", "[relay]") {
  for (const int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGHUP, SIGWINCH}) {
    CHECK(origin_of(signal, SI_KERNEL, false) == Origin::group);
  }
  CHECK(origin_of(SIGALRM, SI_KERNEL, false) == Origin::process);
}

TEST_CASE("a sender inside the namespace has signalled the group", "[relay]") {
  CHECK(origin_of(SIGTERM, SI_USER, true) == Origin::group);
  CHECK(origin_of(SIGTERM, SI_USER, false) == Origin::process);
  CHECK(origin_of(SIGTERM, SI_QUEUE, false) == Origin::process);
}

TEST_CASE("a signal that PID 1 may keep is watched instead", "[relay]") {
  const SignalSet term = SignalSet::of(SIGTERM);
  const Decision watched{.relay = true, .apply_default = false, .watch = true};
  CHECK(relay_decision(SIGTERM, Origin::process, {.blocked = term}) == watched);
  CHECK(relay_decision(SIGTERM, Origin::process, {.pending = term}) == watched);
  CHECK(relay_decision(SIGTERM, Origin::process, {.unstable = term}) == watched);
}

TEST_CASE("a signal with a certain use and one that does nothing by default are not watched", "[relay]") {
  const SignalSet all = SignalSet::all();
  CHECK_FALSE(relay_decision(SIGTERM, Origin::process, {.caught = all, .blocked = all}).watch);
  CHECK_FALSE(relay_decision(SIGTERM, Origin::process, {.ignored = all, .blocked = all}).watch);
  CHECK_FALSE(relay_decision(SIGTERM, Origin::process, {.awaited = all}).watch);
  CHECK_FALSE(relay_decision(SIGCHLD, Origin::process, {.blocked = all}).watch);
}

TEST_CASE("a signal sent to a PID 1 that has ended comes too late", "[relay]") {
  CHECK(relay_decision(SIGTERM, Origin::process, {.ended = true}) == Decision{.relay = true});
  CHECK(relay_decision(SIGTSTP, Origin::process, {.ended = true}) == Decision{.relay = true});
}

TEST_CASE("a signal that reached the whole group came in time for a PID 1 that has ended", "[relay]") {
  const SignalSet interrupt = SignalSet::of(SIGINT);
  CHECK(relay_decision(SIGINT, Origin::group, {.ended = true}) == Decision{.apply_default = true});
  CHECK(relay_decision(SIGINT, Origin::group, {.caught = interrupt, .ended = true}) == Decision{});
  CHECK(relay_decision(SIGINT, Origin::group, {.ignored = interrupt, .ended = true}) == Decision{});
}

TEST_CASE("one sample of PID 1 tells what becomes of a signal", "[relay]") {
  struct Row {
    Dispositions sample;
    Observed observed;
  };
  const SignalSet term = SignalSet::of(SIGTERM);
  const SignalSet other = SignalSet::of(SIGUSR1);
  const Observed pending{.outcome = Outcome::pending};
  const Observed consumed{.outcome = Outcome::consumed};
  const Observed discarded{.outcome = Outcome::discarded};
  for (const auto& [sample, observed] : {
           Row{{.blocked = term, .pending = term}, pending},
           Row{{.caught = term, .pending = term}, pending},
           Row{{.pending = other}, pending},  // PID 1 leaves sigtimedwait(2) for another one
           Row{{.blocked = other, .pending = other}, discarded},
           Row{{.caught = other, .pending = other}, discarded},
           Row{{.caught = term}, consumed},
           Row{{.ignored = term}, consumed},
           Row{{.awaited = term}, consumed},
           Row{{}, discarded},
           Row{{.blocked = term}, {.outcome = Outcome::consumed, .certain = false}},
           Row{{.unstable = term}, {.outcome = Outcome::discarded, .certain = false}},
       }) {
    CHECK(observed_outcome(SIGTERM, sample) == observed);
  }
}
