#include "pidns/launch/capabilities.hpp"

#include <fmt/format.h>
#include <linux/securebits.h>
#include <sys/capability.h>
#include <unistd.h>

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

Sets sets_of_this_process() {
  Sets sets(::cap_get_proc());
  if (!sets) {
    sys::throw_error(sys::Syscall::capget, errno, "cannot read capabilities");
  }
  return sets;
}

bool is_permitted(const Sets& sets, cap_value_t capability) {
  cap_flag_value_t value = CAP_CLEAR;
  return ::cap_get_flag(sets.get(), capability, CAP_PERMITTED, &value) == 0 && value == CAP_SET;
}

}  // namespace

bool has_capabilities_of_its_file() {
  // To root the kernel gives all, whatever the file says: capabilities(7), "Capabilities and execution of
  // programs by root".
  if (::getuid() == 0 && (::cap_get_secbits() & SECBIT_NOROOT) == 0) {
    return false;
  }
  const Sets sets = sets_of_this_process();
  for (cap_value_t capability = 0; capability < ::cap_max_bits(); ++capability) {
    if (is_permitted(sets, capability) && ::cap_get_ambient(capability) != CAP_SET) {
      return true;
    }
  }
  return false;
}

void keep_capabilities() {
  const Sets sets = sets_of_this_process();
  // The kernel makes only those ambient that are permitted and inheritable.
  if (::cap_fill(sets.get(), CAP_INHERITABLE, CAP_PERMITTED) == -1 || ::cap_set_proc(sets.get()) == -1) {
    sys::throw_error(sys::Syscall::capset, errno, "cannot make capabilities inheritable");
  }
  for (cap_value_t capability = 0; capability < ::cap_max_bits(); ++capability) {
    if (is_permitted(sets, capability) && ::cap_set_ambient(capability, CAP_SET) == -1) {
      sys::throw_error(sys::Syscall::prctl, errno,
                       fmt::format("cannot make capability {} ambient", capability));
    }
  }
}

}  // namespace pidns
