#pragma once

#include <atomic>

namespace pidns::sys {

/// A counter shared with forked children.
class SharedCounter {
 public:
  SharedCounter();
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  ~SharedCounter();

  /// @return the number after 0, 1, 2 ...
  int next() { return ++*count_; }
  [[nodiscard]] int current() const { return *count_; }

 private:
  std::atomic<int>* count_;
};

}  // namespace pidns::sys
