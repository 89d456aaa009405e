#include "pidns/signal/signal_policy.hpp"

#include "support/catch.hpp"

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

TEST_CASE("a signal on its way to a handler is watched, as PID 1 may execute a program before", "[relay]") {
  const SignalSet term = SignalSet::of(SIGTERM);
  CHECK(relay_decision(SIGTERM, Origin::group, {.caught = term, .pending = term}).watch_handler);
  CHECK(relay_decision(SIGTERM, Origin::process, {.caught = term, .moving = true}).watch_handler);
  CHECK_FALSE(relay_decision(SIGTERM, Origin::process, {.caught = term}).watch_handler);
  CHECK_FALSE(relay_decision(SIGTERM, Origin::group, {.caught = term, .moving = true}).watch_handler);
  CHECK_FALSE(relay_decision(SIGTERM, Origin::process, {.ignored = term, .moving = true}).watch_handler);
  CHECK_FALSE(
      relay_decision(SIGWINCH, Origin::process, {.caught = ~SignalSet(), .moving = true}).watch_handler);
}

TEST_CASE("signals that do nothing by default are only relayed", "[relay]") {
  for (const int signal : {SIGCHLD, SIGCONT, SIGURG, SIGWINCH}) {
    CHECK(relay_decision(signal, Origin::process, {}) == Decision{.relay = true, .apply_default = false});
  }
}

TEST_CASE("terminal signals of the kernel went to the group and timers did not", "[relay]") {
  for (const int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGHUP, SIGWINCH}) {
    CHECK(is_from_terminal(signal, SI_KERNEL));
    CHECK_FALSE(is_from_terminal(signal, SI_USER));
    CHECK_FALSE(is_from_terminal(signal, SI_QUEUE));
  }
  CHECK_FALSE(is_from_terminal(SIGALRM, SI_KERNEL));
}

TEST_CASE("the leader of a session is told alone that its terminal has hung up", "[relay]") {
  CHECK(is_hangup_of_leader(SIGHUP, SI_KERNEL, true));
  CHECK(is_hangup_of_leader(SIGCONT, SI_KERNEL, true));
  CHECK_FALSE(is_hangup_of_leader(SIGHUP, SI_KERNEL, false));
  CHECK_FALSE(is_hangup_of_leader(SIGHUP, SI_USER, true));
  CHECK_FALSE(is_hangup_of_leader(SIGINT, SI_KERNEL, true));
}

TEST_CASE("a signal that PID 1 may keep is watched instead", "[relay]") {
  const SignalSet term = SignalSet::of(SIGTERM);
  const Decision watched{.relay = true, .apply_default = false, .watch = true};
  CHECK(relay_decision(SIGTERM, Origin::process, {.blocked = term}) == watched);
  CHECK(relay_decision(SIGTERM, Origin::process, {.pending = term}) == watched);
  CHECK(relay_decision(SIGTERM, Origin::process, {.unstable = term}) == watched);
  CHECK(relay_decision(SIGTERM, Origin::process, {.awaited = term}) == watched);
  CHECK_FALSE(relay_decision(SIGTERM, Origin::group, {.awaited = term}).watch);
}

TEST_CASE("a signal with a certain use and one that does nothing by default are not watched", "[relay]") {
  const SignalSet all = SignalSet::all();
  CHECK_FALSE(relay_decision(SIGTERM, Origin::process, {.caught = all, .blocked = all}).watch);
  CHECK_FALSE(relay_decision(SIGTERM, Origin::process, {.ignored = all, .blocked = all}).watch);
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

TEST_CASE("where PID 1 cannot be watched one look says whether it keeps a signal", "[relay]") {
  const SignalSet term = SignalSet::of(SIGTERM);
  CHECK(may_be_kept(SIGTERM, {.blocked = term}));
  CHECK(may_be_kept(SIGTERM, {.awaited = term}));
  CHECK(may_be_kept(SIGTERM, {.pending = term}));
  CHECK_FALSE(may_be_kept(SIGTERM, {.unstable = term}));
  CHECK(may_be_held(SIGTERM, {.unstable = term}));
  CHECK_FALSE(may_be_held(SIGTERM, {.blocked = ~term, .unstable = ~term}));
}
