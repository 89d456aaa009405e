#include "pidns/supervise/held_signals.hpp"

#include <catch2/catch.hpp>

using namespace pidns;

namespace {

using namespace std::chrono_literals;

const SignalSet term = SignalSet::of(SIGTERM);
const Dispositions pending{.blocked = term, .pending = term};
const Dispositions blocked{.blocked = term};
const Dispositions unblocked{};
const Dispositions unstable{.unstable = term};
const Dispositions awaited{.awaited = term};
const Dispositions caught{.caught = term};

/// A sample of PID 1, so long after SIGTERM arrived.
struct Sample {
  std::chrono::milliseconds at;
  Dispositions dispositions;
};

enum class End { held, handled, discarded };

End end_of(const std::vector<Sample>& samples) {
  const HeldSignals::Clock::time_point start{};
  HeldSignals held;
  held.add(SIGTERM, start);
  for (const auto& [at, dispositions] : samples) {
    if (const auto discarded = held.poll(dispositions, start + at); !discarded.empty()) {
      CHECK(discarded == std::vector<int>{SIGTERM});
      CHECK(held.empty());
      return End::discarded;
    }
  }
  return held.empty() ? End::handled : End::held;
}

}  // namespace

TEST_CASE("a held signal ends by what the samples show over time", "[held_signals]") {
  struct Row {
    std::vector<Sample> samples;
    End end;
  };
  for (const auto& [samples, end] : {
           Row{{{1ms, pending}, {60'000ms, pending}}, End::held},
           Row{{{1ms, pending}, {2ms, caught}}, End::handled},
           Row{{{1ms, awaited}}, End::handled},
           Row{{{1ms, pending}, {2ms, unblocked}}, End::held},  // it may wait again in a moment
           Row{{{1ms, pending}, {2ms, unblocked}, {33ms, unblocked}}, End::discarded},
           Row{{{1ms, unblocked}, {20ms, awaited}}, End::handled},
           Row{{{1ms, unblocked}, {20ms, pending}, {40ms, unblocked}}, End::held},
           Row{{{1ms, unstable}, {600ms, unstable}}, End::held},
           Row{{{1ms, unstable}, {702ms, unstable}}, End::discarded},
           Row{{{1ms, blocked}, {600ms, blocked}}, End::held},
           Row{{{1ms, blocked}, {701ms, blocked}}, End::handled},
           Row{{{500ms, pending}, {1000ms, blocked}}, End::held},
       }) {
    CHECK(end_of(samples) == end);
  }
}

TEST_CASE("a signal is held once", "[held_signals]") {
  HeldSignals held;
  held.add(SIGTERM, {});
  held.add(SIGTERM, {});
  CHECK(held.contains(SIGTERM));
  CHECK_FALSE(held.contains(SIGINT));
  CHECK(held.poll(caught, {}).empty());
  CHECK(held.empty());
}

TEST_CASE("being continued discards the stop signals that are held", "[held_signals]") {
  HeldSignals held;
  held.add(SIGTSTP, {});
  CHECK_FALSE(held.contains_deadly());
  held.add(SIGTERM, {});
  held.remove_stop_signals();
  CHECK_FALSE(held.contains(SIGTSTP));
  CHECK(held.contains_deadly());
}

TEST_CASE("samples are taken less and less often, and not without a held signal", "[held_signals]") {
  HeldSignals held;
  CHECK(held.pause() == -1);
  held.add(SIGTERM, {});
  int before = held.pause();
  CHECK(before == 1);
  for (int i = 0; i < 10; ++i) {
    held.poll(pending, {});
    CHECK(held.pause() >= before);
    before = held.pause();
  }
  CHECK(before == 64);
}
