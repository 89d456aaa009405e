#pragma once

#include <linux/sched.h>  // CLONE_NEWTIME, which an older glibc lacks
#include <sched.h>

#include <array>
#include <string>
#include <string_view>

namespace pidns {

/// One kind of namespace: namespaces(7).
struct NamespaceKind {
  int flag;                        ///< CLONE_NEW* of clone(2)
  std::string_view flag_name;      ///< as strace(1) writes it
  std::string_view file;           ///< its name in /proc/PID/ns, and in user.max_*_namespaces
  std::string_view children_file;  ///< the one in /proc/PID/ns that unshare(2) changes
  std::string_view option;         ///< the long option that makes one, without minus signs
  std::string_view title;          ///< in messages: `a PID namespace`
  std::string_view meaning;  ///< of having entered a new one, for --explain; empty: only children enter it
};

/// In the order in which messages name them.
inline constexpr std::array namespace_kinds{
    NamespaceKind{CLONE_NEWUSER, "CLONE_NEWUSER", "user", "user", "user", "user",
                  "pidns now has every capability, but only over what belongs to its new user namespace"},
    NamespaceKind{CLONE_NEWPID, "CLONE_NEWPID", "pid", "pid_for_children", "pid", "PID", {}},
    NamespaceKind{CLONE_NEWNS, "CLONE_NEWNS", "mnt", "mnt", "mount", "mount",
                  "pidns now has its own mount table"},
    NamespaceKind{CLONE_NEWUTS, "CLONE_NEWUTS", "uts", "uts", "uts", "UTS", "pidns now has its own hostname"},
    NamespaceKind{CLONE_NEWIPC, "CLONE_NEWIPC", "ipc", "ipc", "ipc", "IPC",
                  "pidns now has its own System V IPC objects and message queues"},
    NamespaceKind{CLONE_NEWNET, "CLONE_NEWNET", "net", "net", "net", "network",
                  "pidns now has its own network, with only a loopback device"},
    NamespaceKind{CLONE_NEWTIME, "CLONE_NEWTIME", "time", "time_for_children", "time", "time", {}},
    NamespaceKind{CLONE_NEWCGROUP, "CLONE_NEWCGROUP", "cgroup", "cgroup", "cgroup", "cgroup",
                  "pidns now sees its own cgroup as the root cgroup"},
};

/// @param flag one of CLONE_NEW*
const NamespaceKind& namespace_kind(int flag);

/// `a PID namespace`, `PID and mount namespaces`
/// @param flags CLONE_NEW*, at least one
std::string describe_namespaces(int flags);

}  // namespace pidns
