#pragma once

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
  std::string_view meaning;  ///< what it means to have been put into a new one; empty: only children are
};

/// In the order in which messages name them.
inline constexpr std::array namespace_kinds{
    NamespaceKind{CLONE_NEWUSER, "CLONE_NEWUSER", "user", "user", "user", "user",
                  "In a new user namespace it has every capability, over what belongs to that alone"},
    NamespaceKind{CLONE_NEWPID, "CLONE_NEWPID", "pid", "pid_for_children", "pid", "PID", {}},
    NamespaceKind{CLONE_NEWNS, "CLONE_NEWNS", "mnt", "mnt", "mount", "mount",
                  "This process has a mount table of its own now"},
    NamespaceKind{CLONE_NEWUTS, "CLONE_NEWUTS", "uts", "uts", "uts", "UTS",
                  "It can have a hostname of its own"},
    NamespaceKind{CLONE_NEWIPC, "CLONE_NEWIPC", "ipc", "ipc", "ipc", "IPC",
                  "It has System V IPC objects and message queues of its own"},
    NamespaceKind{CLONE_NEWNET, "CLONE_NEWNET", "net", "net", "net", "network",
                  "It has a network of its own, with nothing but a loopback device"},
    NamespaceKind{CLONE_NEWTIME, "CLONE_NEWTIME", "time", "time_for_children", "time", "time", {}},
    NamespaceKind{CLONE_NEWCGROUP, "CLONE_NEWCGROUP", "cgroup", "cgroup", "cgroup", "cgroup",
                  "Its own cgroup looks to it like the root of all"},
};

/// @param flag one of CLONE_NEW*
const NamespaceKind& namespace_kind(int flag);

/// `a PID namespace`, `PID and mount namespaces`
/// @param flags CLONE_NEW*, at least one
std::string describe_namespaces(int flags);

}  // namespace pidns
