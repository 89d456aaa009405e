#pragma once

#include <memory>

#include "pidns/explain/explain.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

/// Narrates on stderr what pidns does and what comes of it: --explain. Does nothing, and costs nothing,
/// without that option. The processes that pidns makes go on with the numbers of its steps.
class Narrator {
 public:
  explicit Narrator(bool enabled);
  Narrator(const Narrator&) = delete;
  Narrator& operator=(const Narrator&) = delete;
  ~Narrator();

  /// For the system calls of pidns; empty when nothing is to be told.
  [[nodiscard]] const sys::SyscallObserver& observer() const { return observer_; }

  /// Tells what one of the functions of explain.hpp has to say, which is called only if somebody wants to
  /// know.
  template <typename... Parameters, typename... Arguments>
  void narrate(Step (*explain)(Parameters...), Arguments&&... arguments) {
    if (observer_) {
      write(explain(std::forward<Arguments>(arguments)...));
    }
  }

  /// Whether anything has been told.
  [[nodiscard]] bool has_begun() const;

 private:
  class Narration;

  void write(const Step& step);

  std::unique_ptr<Narration> narration_;
  sys::SyscallObserver observer_;
};

}  // namespace pidns
