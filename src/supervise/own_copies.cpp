#include "pidns/supervise/own_copies.hpp"

#include <algorithm>

namespace pidns {

bool OwnCopies::match(int signal, pid_t sender) {
  if (sender != 0 && remove({signal, sender})) {
    return false;  // a process inside can name only one of us: it meant the group
  }
  // From outside it may also have meant both of us, as `pkill pidns` does. One is enough then.
  remove({signal, 0});
  return true;
}

bool OwnCopies::release(int signal) {
  const auto copy =
      std::find_if(held_.begin(), held_.end(), [&](const Copy& held) { return held.signal == signal; });
  return copy != held_.end() && remove(*copy);
}

std::vector<int> OwnCopies::release_all() {
  std::vector<int> signals;
  for (const Copy& copy : held_) {
    signals.push_back(copy.signal);
  }
  held_.clear();
  return signals;
}

bool OwnCopies::remove(const Copy& copy) {
  const auto found = std::find(held_.begin(), held_.end(), copy);
  if (found == held_.end()) {
    return false;
  }
  held_.erase(found);
  return true;
}

}  // namespace pidns
