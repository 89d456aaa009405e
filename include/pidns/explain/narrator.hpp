#pragma once

#include <memory>

#include "pidns/explain/step.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Narrates on stderr what pidns does and what that changes: --explain. Does nothing, and costs nothing,
/// without that option. pidns and its children share one count of steps.
class Narrator {
 public:
  explicit Narrator(const Options& options);
  Narrator(const Narrator&) = delete;
  Narrator& operator=(const Narrator&) = delete;
  ~Narrator();

  /// Narrates the system calls of pidns; empty without --explain.
  [[nodiscard]] const sys::SyscallObserver& observer() const { return observer_; }

  /// Narrates a step, which one of the functions describe_*() makes from the arguments.
  template <typename... Parameters, typename... Arguments>
  void narrate(Step (*describe)(Parameters...), Arguments&&... arguments) {
    if (observer_) {
      write(describe(std::forward<Arguments>(arguments)...));
    }
  }

  /// Narrates that the command was executed, once the process that was to do it has done it or ended:
  /// execve(2) does not return to tell it. Nothing is narrated when it was killed before.
  void narrate_execution() noexcept;

  /// Where the command was not executed after all: a last step before it has failed.
  void forget_execution() noexcept;

  /// @throws Failure where --explain=step has no terminal
  void check_terminal() const;

  /// How wide lines may be; 0 without --explain.
  [[nodiscard]] unsigned width() const;

  /// Whether a key has ended --explain=step.
  [[nodiscard]] bool was_quit() const;

  /// The signal that has ended --explain=step while it waited for a key; 0 when none has.
  [[nodiscard]] int ending_signal() const;

  /// Whether any step has been narrated.
  [[nodiscard]] bool has_begun() const;

 private:
  class Narration;

  void prepare(const sys::Call& call);
  void write(const Step& step) noexcept;

  std::unique_ptr<Narration> narration_;
  sys::SyscallObserver observer_;
};

}  // namespace pidns
