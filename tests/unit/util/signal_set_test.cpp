#include "pidns/util/signal_set.hpp"

#include <cstring>
#include <vector>

#include "support/catch.hpp"

using namespace pidns;

TEST_CASE("a signal set holds all 64 signals", "[signals]") {
  for (int signal = 1; signal <= 64; ++signal) {
    CHECK(SignalSet::of(signal).contains(signal));
    CHECK_FALSE((~SignalSet::of(signal)).contains(signal));
    CHECK(SignalSet::all().contains(signal));
    CHECK_FALSE(SignalSet().contains(signal));
  }
  CHECK(SignalSet::of(1).bits() == 1);
  CHECK(SignalSet::of(64).bits() == 0x8000000000000000);
  CHECK((SignalSet::of(1) | SignalSet::of(2)) == SignalSet(3));
  CHECK((SignalSet(3) & SignalSet::of(2)) == SignalSet::of(2));
}

TEST_CASE("the signals of a set come in their order", "[signals]") {
  const auto numbers = [](SignalSet set) {
    std::vector<int> found;
    for (const int signal : set) {
      found.push_back(signal);
    }
    return found;
  };
  CHECK(numbers({}).empty());
  CHECK(numbers(SignalSet::of(64) | SignalSet::of(1) | SignalSet::of(15)) == std::vector{1, 15, 64});
  CHECK(numbers(SignalSet::all()).size() == 64);
}

TEST_CASE("default actions are those of signal 7", "[signals]") {
  for (const int signal : {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    CHECK(default_action(signal) == DefaultAction::stop);
  }
  for (const int signal : {SIGCHLD, SIGCONT, SIGURG, SIGWINCH}) {
    CHECK(default_action(signal) == DefaultAction::ignore);
  }
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGSEGV, SIGPIPE, SIGALRM, SIGTERM,
                           SIGUSR1, SIGPWR, SIGIO, 32, 33, SIGRTMIN, SIGRTMAX}) {
    CHECK(default_action(signal) == DefaultAction::terminate);
  }
}

TEST_CASE("a signal has a name", "[signals]") {
  CHECK(signal_name(SIGTERM) == "SIGTERM");
  CHECK(signal_name(SIGCHLD) == "SIGCHLD");
  CHECK(signal_name(SIGRTMIN) == "SIGRTMIN+0");
  CHECK(signal_name(SIGRTMIN + 3) == "SIGRTMIN+3");
  CHECK(signal_name(32) == "32");
}

TEST_CASE("a signal has the meaning that the C library prints", "[signals]") {
  for (int signal = 1; signal < 32; ++signal) {
    CHECK(signal_meaning(signal) == ::strsignal(signal));
  }
  CHECK(signal_meaning(32).empty());
  CHECK(signal_meaning(SIGRTMIN).empty());
}

TEST_CASE("the name of every signal reads back as its number", "[signals]") {
  for (int signal = 1; signal <= 64; ++signal) {
    CHECK(parse_signal(signal_name(signal)) == signal);
  }
}

TEST_CASE("signals are read as kill takes them", "[signals]") {
  for (const char* text : {"TERM", "SIGTERM", "sigterm", "term", "Term", "15", "015"}) {
    CHECK(parse_signal(text) == SIGTERM);
  }
  CHECK(parse_signal("RTMIN") == SIGRTMIN);
  CHECK(parse_signal("SIGRTMIN+3") == SIGRTMIN + 3);
  CHECK(parse_signal("rtmin+30") == SIGRTMAX);
  CHECK(parse_signal("RTMAX") == SIGRTMAX);
  CHECK(parse_signal("SIGRTMAX-1") == SIGRTMAX - 1);
  CHECK(parse_signal("RTMAX-30") == SIGRTMIN);
  CHECK(parse_signal("1") == 1);
  CHECK(parse_signal("64") == 64);
}

TEST_CASE("what is no signal is not read as one", "[signals]") {
  for (const char* text :
       {"",        "0",        "65",     "-1",     "+9",         "9x",       "x9",
        " 9",      "9 ",       "FOO",    "SIG",    "SIGSIGTERM", "TERMX",    "99999999999999999999",
        "RTMIN-1", "RTMIN+31", "RTMIN+", "RTMINX", "RTMAX+1",    "RTMAX-31", "RTMIN+-1",
        "EXIT"}) {
    INFO(text);
    CHECK(parse_signal(text) == std::nullopt);
  }
}
