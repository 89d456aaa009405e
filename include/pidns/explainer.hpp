#pragma once

#include <memory>

#include "pidns/explain.hpp"
#include "pidns/options.hpp"
#include "pidns/unique_fd.hpp"

namespace pidns {

/// Narrates on stderr what pidns does and what comes of it: --explain. Does nothing, and costs nothing,
/// without that option. The processes that pidns makes go on with the numbers of its steps.
class Explainer {
 public:
  explicit Explainer(const Options& options);
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;
  ~Explainer();

  /// For the system calls of pidns; empty when nothing is to be told.
  [[nodiscard]] const sys::Listener& listener() const { return listener_; }

  /// Tells what one of the functions of explain.hpp has to say, which is called only if somebody wants to
  /// know.
  template <typename... Parameters, typename... Arguments>
  void tell(Step (*explain)(Parameters...), Arguments&&... arguments) {
    if (listener_) {
      write(explain(std::forward<Arguments>(arguments)...));
    }
  }

  /// Whether anything has been told.
  [[nodiscard]] bool has_begun() const;

 private:
  class Narrator;

  void write(const Step& step);

  std::unique_ptr<Narrator> narrator_;
  sys::Listener listener_;
};

}  // namespace pidns
