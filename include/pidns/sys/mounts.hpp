#pragma once

#include <cstdint>
#include <string_view>

#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// Changes the propagation of a mount: mount_namespaces(7).
/// @param flags MS_PRIVATE, MS_SLAVE or MS_SHARED, with or without MS_REC
void set_propagation(const char* target, unsigned long flags, const SyscallObserver& observer);
/// Makes a mount and those below it private; does nothing to a directory that is not a mount point.
void make_private_if_mounted(const char* target, const SyscallObserver& observer);
/// Mounts a proc of the calling process's PID namespace, nosuid, noexec and nodev.
/// @throws Error also if it cannot be seen there, as on /: COMMAND would go on with the one of the host
void mount_proc(const char* target, const SyscallObserver& observer);
/// Mounts the binfmt_misc of the calling process's user namespace, nosuid, noexec and nodev.
void mount_binfmt(const char* target, const SyscallObserver& observer);
/// Makes a proc of this process's PID namespace that is mounted nowhere: fsmount(2).
UniqueFd make_detached_proc();
/// Bind-mounts source on an open file, which no other can take the place of.
/// @param name of the target, for the message
/// @return what unmount() takes: the new mount or, where the kernel has no open_tree(2), nothing
UniqueFd bind(const char* source, const UniqueFd& target, std::string_view name);
/// Detaches a mount that bind() has made, if the kernel lets it: MNT_DETACH. Without open_tree(2), that is
/// whatever lies on top of the target.
void unmount(const UniqueFd& mount, const UniqueFd& target);
/// Whether a file is one that stands for a namespace: nsfs.
bool keeps_namespace(const UniqueFd& file);
/// The ID of the mount that a file lives on, as in the first column of /proc/PID/mountinfo:
/// proc_pid_fdinfo(5), which says it on every kernel; statx(2) does since Linux 5.8.
std::uint64_t mount_of(const UniqueFd& file);
/// Whether something is mounted on a directory: statx(2). @return nothing before Linux 5.8, or where a filter
/// refuses it
std::optional<bool> is_mount_point(const UniqueFd& directory);
void change_root(const char* directory, const SyscallObserver& observer);
void change_directory(const char* directory, const SyscallObserver& observer);

}  // namespace pidns::sys
