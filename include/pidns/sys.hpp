#pragma once

#include <sys/signalfd.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "pidns/listener.hpp"
#include "pidns/signals.hpp"
#include "pidns/unique_fd.hpp"

/// One thin function for each system call. All throw Error, all descriptors they return are close-on-exec and
/// above 2, and all begin again after EINTR.
namespace pidns::sys {

/// A system call that failed; what() is `WHAT: REASON`.
class Error : public std::system_error {
 public:
  Error(std::string_view call, int error, const std::string& context)
      : std::system_error(error, std::generic_category(), context), call_(call) {}

  [[nodiscard]] std::string_view call() const { return call_; }
  [[nodiscard]] int error() const { return code().value(); }

 private:
  std::string_view call_;  // names are literals
};

[[noreturn]] void throw_error(std::string_view call, int error, const std::string& context);

/// Whether an error about /proc/PID says that the process, or the thread, has ended.
inline bool is_gone(const Error& error) {
  return error.error() == ENOENT || error.error() == ESRCH;
}

// Namespaces

/// @param flags CLONE_NEW* of clone(2)
void unshare(int flags, const Listener& listener);
/// `a PID namespace`, `PID and mount namespaces`
std::string describe_namespaces(int flags);
/// Enters namespaces of another process: setns(2) with its pidfd, in one step.
/// @param flags CLONE_NEWUSER, CLONE_NEWPID and CLONE_NEWNS
/// @param context what to say when it fails
void enter_namespaces(const UniqueFd& pidfd, int flags, const std::string& context, const Listener& listener);
/// @param pid_namespace an open /proc/PID/ns/pid
/// @return the namespace around it; not valid when that is outside of our own, or there is none
UniqueFd parent_namespace(const UniqueFd& pid_namespace);
/// Whether PID namespaces made here would be too many levels deep: pid_namespaces(7), "Nesting".
bool at_deepest_pid_namespace();

// Mounts and directories

/// Changes the propagation of a mount: mount_namespaces(7).
/// @param flags MS_PRIVATE, MS_SLAVE or MS_SHARED, with or without MS_REC
void set_propagation(const char* target, unsigned long flags, const Listener& listener);
/// Makes a mount and those below it private; does nothing to a directory that is no mount point.
void make_private_if_mounted(const char* target, const Listener& listener);
/// Mounts a proc of the calling process's PID namespace, nosuid, noexec and nodev.
void mount_proc(const char* target, const Listener& listener);
/// Mounts the binfmt_misc of the calling process's user namespace, nosuid, noexec and nodev.
void mount_binfmt(const char* target, const Listener& listener);
/// Makes a proc of this process's PID namespace that is mounted nowhere, in place of /proc: fsmount(2).
UniqueFd make_detached_proc();
/// Lets a file be seen at another place too, which has to be there: MS_BIND of mount(2).
void bind(const char* source, const char* target);
/// Takes off what is mounted on a file, also while it is in use.
void unmount(const char* target);
/// Where a file lives: statx(2).
struct MountOf {
  std::uint64_t id;    ///< as in the first column of /proc/PID/mountinfo
  bool is_mount_root;  ///< the file is what is mounted, not something inside it
};
MountOf mount_of(const UniqueFd& file);
void change_root(const char* directory, const Listener& listener);
void change_directory(const char* directory, const Listener& listener);

// Processes

/// Makes a child that runs `child` and ends with _exit or execve; `child` must not return or throw.
/// A function that has called vfork(2) must not return in the child; hence the callable.
/// @return the child's PID
template <typename Child>
pid_t spawn(Memory memory, const Listener& listener, Child&& child) {
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork): the child keeps to the rule above
  const pid_t pid = memory == Memory::shared ? ::vfork() : ::fork();
  if (pid == 0) {
    if (listener) {
      listener(Fork{memory}, Result{});
    }
    std::forward<Child>(child)();
    ::_exit(255);
  }
  if (pid == -1) {
    const int error = errno;
    if (listener) {
      listener(Fork{memory}, Result{.value = -1, .error = error});
    }
    throw_error("fork", error, "cannot fork");
  }
  return pid;
}

/// Executes one file: execve(2) with this process's environment. Returns errno, and only when it failed.
int execute(const char* file, const std::vector<char*>& arguments);
/// The kernel sends `signal` to this process when its parent ends; 0: nothing. PR_SET_PDEATHSIG(2const).
void set_parent_death_signal(int signal, const Listener& listener);
void new_session(const Listener& listener);
/// Gives up all supplementary groups.
void drop_groups(const Listener& listener);
/// Becomes another group, or user: real, effective and saved ids.
void set_group(gid_t group, const Listener& listener);
void set_user(uid_t user, const Listener& listener);
/// Hides this process's memory from all but root, until it executes a program: PR_SET_DUMPABLE(2const).
void hide_memory(const Listener& listener = {});
UniqueFd open_pidfd(pid_t pid);
/// Waits for a change of state: waitid(2).
/// @param options WEXITED and others; with WNOHANG si_pid is 0 when nothing has changed
siginfo_t wait_for(const UniqueFd& pidfd, int options);
/// Ends a child and waits for its end; does nothing to one that has been waited for already.
void kill_and_reap(pid_t child);
/// Takes the next change of state of any child, without waiting.
/// @return nothing when there is none, or no child
std::optional<siginfo_t> wait_for_any_child();
/// Whether this process has a capability in effect.
/// @param capability CAP_* of capabilities(7)
bool has_capability(int capability);
/// What a clock shows, in whole seconds.
std::int64_t seconds_of(clockid_t clock);
/// Raises the number of files that may be open to what this process may ask for.
void allow_more_open_files();
/// Copies memory of another process: process_vm_readv(2). @return false when that is not permitted or not
/// mapped
bool read_memory(pid_t pid, std::uintptr_t address, void* buffer, std::size_t size);

/// A number that processes count together: a child that is made by fork(2) goes on where its parent stands.
class SharedCounter {
 public:
  SharedCounter();
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  ~SharedCounter();

  /// @return the number after 0, 1, 2 ...
  int next() { return ++*count_; }
  [[nodiscard]] int current() const { return *count_; }

 private:
  std::atomic<int>* count_;
};

// Signals

/// Sends a process the signal that was read, with its payload if it has one.
void pass_on(const UniqueFd& pidfd, const signalfd_siginfo& signal);
/// Sends a signal. Waits for a tenth of a second if too many are queued.
/// @param info payload to pass on, of a signal queued by a process; nullptr: as from kill(2)
/// @return false if the process is gone, or the queue stays full
bool send_signal(const UniqueFd& pidfd, int signal, siginfo_t* info = nullptr);
/// Replaces the mask of this thread, signals 32 and 33 included. @return the mask before
SignalSet set_signal_mask(SignalSet mask);
bool is_ignored(int signal);
void set_default_disposition(int signal);
void ignore_signal(int signal);
UniqueFd open_signalfd(SignalSet signals);
/// Takes the next pending signal from a signalfd. @return nothing when none is pending
std::optional<signalfd_siginfo> read_signal(const UniqueFd& signalfd);
/// Does to this process what a signal does by default: returns if the kernel spares it as PID 1.
void raise_with_default_action(int signal);
/// Stops this process once with the default action of a signal; takes the SIGCONT that continues it. Every
/// signal must be blocked.
/// @param is_wanted asked last of all: a SIGCONT may have come already, and there would be no other
/// @return false if a child has changed its state before the stop, and this process was not stopped
bool stop_this_process(int signal, const std::function<bool()>& is_wanted);
/// Writes as much as can be written, and nothing comes of it if that is not all: no error and no signal.
void write_to_stderr(std::string_view text);

// Pipes and sockets

/// Waits until one of them can be read, or has lost its other end; those not valid are left out: poll(2).
/// @param milliseconds to wait at most; -1: without end
void wait_readable(std::initializer_list<const UniqueFd*> files, int milliseconds = -1);

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe();
/// Whether anybody can still read what is written into a pipe.
bool has_reader(const UniqueFd& write_end);

/// Two connected ends, each of which sends packets to the other: SOCK_SEQPACKET.
struct Channel {
  UniqueFd outer;
  UniqueFd inner;
};

Channel make_channel();
/// Does nothing when the other end is closed.
void send_packet(const UniqueFd& channel, std::string_view packet);
/// Takes the next packet without waiting. @return false when there is none
bool receive_packet(const UniqueFd& channel, void* packet, std::size_t size);
/// Whether the other end has been closed.
bool has_hung_up(const UniqueFd& channel);

// Files

/// Opens a directory for looking up files in it, nothing more: O_PATH.
/// @param context what to say when there is none
UniqueFd open_directory(const char* path, std::string_view context);
/// As open_directory(), with every path taken as if `root` were /: RESOLVE_IN_ROOT of openat2(2).
UniqueFd open_directory_in_root(const UniqueFd& root, const char* path, std::string_view context);
/// @param directory an open directory, or AT_FDCWD
/// @param flags of open(2); the terminal never becomes the controlling one
UniqueFd open_file(int directory, const char* path, int flags);
std::string read_file(int directory, const char* path);
std::string read_all(const UniqueFd& file);
/// The first bytes of a file, 4096 at most.
std::string read_start(const char* path);
/// @param directory an open directory, or AT_FDCWD
bool exists(int directory, const char* path);
/// Whether there is certainly no such file.
bool is_missing(int directory, const char* path);
/// @param context what to say when there is no such file
/// @return whether it is a regular file, as those of /proc/PID/ns are
bool is_regular_file(const char* path, const std::string& context);
/// The inode number of a file: for /proc/PID/ns/NAME the number of the namespace.
/// @param directory an open directory, or AT_FDCWD
ino_t inode_of(int directory, const char* path);
ino_t inode_of(const UniqueFd& file);
/// The target of a symbolic link.
std::string read_link(int directory, const char* path);
/// Names in a directory, without . and ..
std::vector<std::string> list_directory(int directory, const char* path);
/// One write(2): the files of /proc take a value whole or not at all.
void write_file(const char* path, std::string_view text, const Listener& listener);
void write_all(int fd, std::string_view text);
/// Closes a file whose other end waits for that.
void close(UniqueFd& file, std::string_view context);
/// Closes a child's copy of a descriptor whose owner lives in memory that the child may share with its
/// parent.
void close_copy(const UniqueFd& owned_by_parent);
/// Makes `fd` a copy of a file, for the program that this process is about to execute.
void redirect(int fd, const UniqueFd& file);
/// Leaves both to the command alone: whoever reads its output, or writes its input, notices when it closes
/// them. Nothing to be done where the caller had them closed already.
void close_stdin_and_stdout();
/// Closes every descriptor above 2, the caller's too, but one: close_range(2).
void close_all_above_stderr_but(const UniqueFd& kept);
bool is_open(int fd);
/// Takes a descriptor over from the caller, so that the command does not get it.
UniqueFd adopt(int fd);

// The terminal

/// @return the controlling terminal; not valid when there is none
UniqueFd open_terminal();
/// @return the foreground process group; -1 when the terminal has been hung up
pid_t foreground_group(const UniqueFd& terminal);
/// Changes nothing when the terminal has been hung up or the group has died. From the background SIGTTOU must
/// be blocked: tcsetpgrp(3).
void set_foreground_group(const UniqueFd& terminal, pid_t group);
bool group_exists(pid_t group);
/// The width of the terminal that stdout, or stderr, is; nothing when it is none.
std::optional<std::size_t> stdout_width();
std::optional<std::size_t> stderr_width();

}  // namespace pidns::sys
