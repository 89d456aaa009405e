#include "pidns/launch/capabilities.hpp"

#include <fmt/format.h>
#include <sys/capability.h>

#include <cerrno>
#include <memory>
#include <type_traits>

#include "pidns/sys/error.hpp"
#include "pidns/sys/processes.hpp"

namespace pidns {

namespace {

struct Free {
  void operator()(cap_t sets) const { ::cap_free(sets); }
};
using Sets = std::unique_ptr<std::remove_pointer_t<cap_t>, Free>;

bool is_effective(const Sets& sets, cap_value_t capability) {
  cap_flag_value_t value = CAP_CLEAR;
  return ::cap_get_flag(sets.get(), capability, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

}  // namespace

void keep_capabilities() {
  const Sets sets(::cap_get_proc());
  if (!sets) {
    sys::throw_error(sys::Syscall::capget, errno, "cannot read capabilities");
  }
  // The kernel makes only those ambient that are permitted and inheritable.
  if (::cap_fill(sets.get(), CAP_INHERITABLE, CAP_PERMITTED) == -1 || ::cap_set_proc(sets.get()) == -1) {
    sys::throw_error(sys::Syscall::capset, errno, "cannot make capabilities inheritable");
  }
  for (cap_value_t capability = 0; capability < ::cap_max_bits(); ++capability) {
    if (is_effective(sets, capability) && ::cap_set_ambient(capability, CAP_SET) == -1) {
      sys::throw_error(sys::Syscall::prctl, errno,
                       fmt::format("cannot make capability {} ambient", capability));
    }
  }
}

}  // namespace pidns
