#pragma once

#include <string>

#include "tracer.hpp"

/// What pidns must do when one of its system calls fails.
namespace faults {

/// The n-th call of its name that a process of pidns makes.
struct Call {
  int process = 0;
  std::string name;
  int number = 0;

  auto operator<=>(const Call&) const = default;
};

struct Fault {
  Call call;
  int error = 0;
  bool for_ever = false;  ///< all later calls of that name fail as well
};

/// When a fault was made.
enum class Moment { never, before_exec, after_exec };

/// How pidns ended a run with a fault.
enum class Outcome { as_without, message, wrong };

/// Whether a call is left alone: it cannot fail, or the sanitizer makes it.
bool never_fails(const Call& call);
bool same(const harness::TracedResult& one, const harness::TracedResult& other);
/// Before COMMAND is executed pidns says what has failed, and COMMAND does not run. Once it runs, it ends by
/// itself, and that is what pidns tells.
Outcome judge_own(const Fault& fault, Moment moment, const harness::TracedResult& result,
                  const harness::TracedResult& undisturbed);
/// Before main() the C library decides: it goes on or gives up, and nothing has been started.
Outcome judge_startup(const harness::TracedResult& result, const harness::TracedResult& undisturbed);

}  // namespace faults
