#include "pidns/supervise/handler_watch.hpp"

#include <algorithm>

namespace pidns {

void HandlerWatch::add(int signal) {
  watched_ = watched_ | SignalSet::of(signal);
  looks_ = 0;
}

SignalSet HandlerWatch::take_reset(SignalSet handled) {
  const SignalSet reset = watched_ & ~handled;
  watched_ = watched_ & handled;
  ++looks_;
  return reset;
}

int HandlerWatch::pause() const {
  constexpr int longest_doubling = 10;  // about a second
  return watched_ == SignalSet() ? -1 : 1 << std::min(looks_, longest_doubling);
}

}  // namespace pidns
