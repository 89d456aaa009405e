#include "pidns/proc/pid_namespace.hpp"

#include <linux/capability.h>

#include "pidns/proc/mountinfo.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// Whether we may trace every process, so that hidepid= hides none from us.
bool sees_everything(const UniqueFd& proc) {
  constexpr std::string_view first_user_namespace = "         0          0 4294967295\n";
  return sys::has_capability(CAP_SYS_PTRACE) &&
         sys::read_file(proc.get(), "self/uid_map") == first_user_namespace;
}

}  // namespace

ino_t pid_namespace_number(std::string_view link) {
  constexpr std::string_view front = "pid:[";
  return link.starts_with(front) ? leading_number<ino_t>(link.substr(front.size())) : 0;
}

ino_t pid_namespace_of(const UniqueFd& process) {
  return pid_namespace_number(sys::read_link(process.get(), "ns/pid"));
}

ino_t made_pid_namespace(const UniqueFd& process, ino_t own) {
  // It cannot be read before the first child exists, and not by everybody.
  const ino_t made = sys::or_default_on_error(
      [&] { return pid_namespace_number(sys::read_link(process.get(), "ns/pid_for_children")); });
  return made == own ? 0 : made;
}

std::string hiding_option(const UniqueFd& proc, std::string_view mountinfo) {
  std::string option = filesystem_option(mountinfo, sys::mount_of(proc), "hidepid");
  return option.empty() || sees_everything(proc) ? std::string() : option;
}

}  // namespace pidns
