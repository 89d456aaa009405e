#include "pidns/supervise/handler_watch.hpp"

#include <csignal>

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr SignalSet term = SignalSet::of(SIGTERM);
constexpr SignalSet interrupt = SignalSet::of(SIGINT);

}  // namespace

TEST_CASE("a handler that PID 1 has reset is told once", "[handler_watch]") {
  HandlerWatch watch;
  watch.add(SIGTERM);
  watch.add(SIGINT);
  CHECK(watch.take_reset(term | interrupt) == SignalSet());
  CHECK(watch.take_reset(interrupt) == term);
  CHECK(watch.take_reset(interrupt) == SignalSet());
  CHECK(watch.take_reset({}) == interrupt);
  CHECK(watch.take_reset({}) == SignalSet());
}

TEST_CASE("handlers are looked at less and less often, and only after a signal", "[handler_watch]") {
  HandlerWatch watch;
  CHECK(watch.pause() == -1);
  watch.add(SIGTERM);
  int before = 0;
  while (watch.pause() > before) {
    before = watch.pause();
    watch.take_reset(term);
  }
  CHECK(before == 1024);
  watch.add(SIGTERM);
  CHECK(watch.pause() == 1);
  watch.take_reset({});
  CHECK(watch.pause() == -1);
}
