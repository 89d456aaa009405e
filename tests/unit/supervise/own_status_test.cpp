#include "pidns/supervise/own_status.hpp"

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("pidns ends as the command would have ended without it", "[own_status]") {
  constexpr ExitStatus zero;
  constexpr ExitStatus as_by_term{.killed = false, .value = 128 + SIGTERM};
  constexpr ExitStatus killed{.killed = true, .value = SIGKILL};
  constexpr ExitStatus by_int{.killed = true, .value = SIGINT};
  constexpr ExitStatus by_term{.killed = true, .value = SIGTERM};
  constexpr SignalSet term = SignalSet::of(SIGTERM);
  struct Row {
    ExitStatus of_pid_1;
    SeenOfCommand seen;
    ExitStatus own;
  };
  for (const auto& [of_pid_1, seen, own] : {
           Row{zero, {}, zero},
           Row{killed, {}, killed},
           Row{as_by_term, {}, as_by_term},
           Row{as_by_term, {.received = SignalSet::of(SIGINT)}, as_by_term},
           Row{as_by_term, {.received = term}, by_term},
           Row{zero, {.received = term}, zero},
           Row{killed, {.received = SignalSet::of(SIGKILL)}, killed},
           Row{killed, {.applied = SIGTERM, .received = term}, by_term},
           Row{zero, {.applied = SIGTERM, .received = term}, by_term},
           Row{zero, {.received = term, .struck = term}, by_term},
           Row{killed, {.struck = term | SignalSet::of(SIGINT)}, by_int},
           Row{zero, {.applied = SIGINT, .struck = term}, by_int},
           Row{zero, {.told = by_int, .received = term, .struck = term}, by_int},
           Row{killed, {.told = zero}, zero},
       }) {
    CHECK(own_status(of_pid_1, seen) == own);
  }
}
