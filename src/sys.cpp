#include "pidns/sys.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <new>

namespace pidns::sys {

namespace {

template <typename Call>
auto retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) {
    result = call();
  }
  return result;
}

/// As retry(), and tells the listener of the call. errno stays what the call has made it.
template <typename Function>
auto heard(const Listener& listener, const Call& call, Function function) {
  const auto result = retry(function);
  if (listener) {
    const int error = errno;
    listener(call, Result{.value = result, .error = result == -1 ? error : 0});
    errno = error;
  }
  return result;
}

/// A caller may have started pidns with 0, 1 or 2 closed; what we open there would be taken for stdin, stdout
/// or stderr by our own messages.
UniqueFd above_stdio(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) {
    return UniqueFd(fd);
  }
  const UniqueFd low(fd);
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

}  // namespace

void throw_error(std::string_view call, int error, const std::string& context) {
  throw Error(call, error, context);
}

std::string describe_namespaces(int flags) {
  struct Name {
    int flag;
    std::string_view name;
  };
  constexpr std::array names{
      Name{CLONE_NEWUSER, "user"}, Name{CLONE_NEWPID, "PID"},       Name{CLONE_NEWNS, "mount"},
      Name{CLONE_NEWUTS, "UTS"},   Name{CLONE_NEWIPC, "IPC"},       Name{CLONE_NEWNET, "network"},
      Name{CLONE_NEWTIME, "time"}, Name{CLONE_NEWCGROUP, "cgroup"},
  };
  std::vector<std::string_view> made;
  for (const auto& [flag, name] : names) {
    if ((flags & flag) != 0) {
      made.push_back(name);
    }
  }
  if (made.size() == 1) {
    return fmt::format("a {} namespace", made.front());
  }
  const std::string_view last = made.back();
  made.pop_back();
  return fmt::format("{} and {} namespaces", fmt::join(made, ", "), last);
}

void unshare(int flags, const Listener& listener) {
  if (heard(listener, Unshare{flags}, [&] { return ::unshare(flags); }) == -1) {
    throw_error("unshare", errno, fmt::format("cannot create {}", describe_namespaces(flags)));
  }
}

void set_propagation(const char* target, unsigned long flags, const Listener& listener) {
  const Mount call{.source = "none", .target = target, .type = nullptr, .flags = flags};
  if (heard(listener, call, [&] { return ::mount(call.source, target, nullptr, flags, nullptr); }) == -1) {
    throw_error("mount", errno, fmt::format("cannot change the mount propagation of {}", target));
  }
}

void make_private_if_mounted(const char* target, const Listener& listener) {
  try {
    set_propagation(target, MS_PRIVATE | MS_REC, listener);
  } catch (const Error& error) {
    if (error.error() != EINVAL) {
      throw;
    }
  }
}

void mount_proc(const char* target, const Listener& listener) {
  constexpr unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  const Mount call{.source = "proc", .target = target, .type = "proc", .flags = flags};
  if (heard(listener, call, [&] { return ::mount(call.source, target, call.type, flags, nullptr); }) == -1) {
    throw_error("mount", errno, fmt::format("cannot mount proc on {}", target));
  }
}

void mount_binfmt(const char* target, const Listener& listener) {
  constexpr unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  const Mount call{"binfmt_misc", target, "binfmt_misc", flags};
  if (heard(listener, call, [&] { return ::mount(call.source, target, call.type, flags, nullptr); }) == -1) {
    throw_error("mount binfmt_misc", errno, fmt::format("cannot mount binfmt_misc on {}", target));
  }
}

void bind(const char* source, const char* target) {
  if (retry([&] { return ::mount(source, target, nullptr, MS_BIND, nullptr); }) == -1) {
    throw_error("mount", errno, fmt::format("cannot bind {} to {}", source, target));
  }
}

void unmount(const char* target) {
  if (retry([&] { return ::umount2(target, MNT_DETACH); }) == -1) {
    throw_error("umount2", errno, fmt::format("cannot unmount {}", target));
  }
}

bool at_deepest_pid_namespace() {
  // clone3(2) takes a PID for each level from this namespace upwards, and refuses a list that is longer than
  // there are levels with EINVAL. The list asks for PID 1 everywhere, which is taken, so no process is ever
  // made.
  constexpr std::size_t deepest = 32;  // MAX_PID_NS_LEVEL, include/linux/pid_namespace.h
  std::array<pid_t, deepest> init_everywhere{};
  init_everywhere.fill(1);
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uintptr_t>(init_everywhere.data());
  arguments.set_tid_size = init_everywhere.size();
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) {
    ::_exit(0);
  }
  return pid == -1 && (errno == EEXIST || errno == EPERM);
}

bool exists(const char* path) {
  return ::access(path, F_OK) == 0;
}

bool is_regular_file(const char* path, const std::string& context) {
  struct stat facts {};
  if (retry([&] { return ::stat(path, &facts); }) == -1) {
    throw_error("stat", errno, context);
  }
  return S_ISREG(facts.st_mode);
}

MountOf mount_of(const UniqueFd& file) {
  struct statx facts {};
  if (retry([&] { return ::statx(file.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &facts); }) == -1) {
    throw_error("statx", errno, "cannot find the mount of a directory");
  }
  return {.id = facts.stx_mnt_id, .is_mount_root = (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
}

std::int64_t seconds_of(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) == -1) {
    throw_error("clock_gettime", errno, "cannot read a clock");
  }
  return now.tv_sec;
}

bool has_capability(int capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (retry([&] { return ::syscall(SYS_capget, &header, sets.data()); }) == -1) {
    throw_error("capget", errno, "cannot read capabilities");
  }
  return (sets.at(static_cast<std::size_t>(CAP_TO_INDEX(capability))).effective & CAP_TO_MASK(capability)) !=
         0;
}

void enter_namespaces(const UniqueFd& pidfd, int flags, const std::string& context,
                      const Listener& listener) {
  if (heard(listener, SetNs{pidfd.get(), flags}, [&] { return ::setns(pidfd.get(), flags); }) == -1) {
    throw_error("setns", errno, context);
  }
}

UniqueFd parent_namespace(const UniqueFd& pid_namespace) {
  UniqueFd parent = above_stdio(retry([&] { return ::ioctl(pid_namespace.get(), NS_GET_PARENT); }));
  if (!parent.valid() && errno != EPERM) {
    throw_error("ioctl", errno, "cannot find the parent of a PID namespace");
  }
  return parent;
}

void change_root(const char* directory, const Listener& listener) {
  if (heard(listener, Chroot{directory}, [&] { return ::chroot(directory); }) == -1) {
    throw_error("chroot", errno, fmt::format("cannot change root to {}", directory));
  }
  change_directory("/", listener);
}

void change_directory(const char* directory, const Listener& listener) {
  if (heard(listener, Chdir{directory}, [&] { return ::chdir(directory); }) == -1) {
    throw_error("chdir", errno, fmt::format("cannot change directory to {}", directory));
  }
}

int execute(const char* file, const std::vector<char*>& arguments) {
  retry([&] { return ::execve(file, arguments.data(), environ); });
  return errno;
}

void set_parent_death_signal(int signal, const Listener& listener) {
  if (heard(listener, SetParentDeathSignal{signal}, [&] { return ::prctl(PR_SET_PDEATHSIG, signal); }) ==
      -1) {
    throw_error("prctl", errno, "cannot ask for a signal at the death of pidns");
  }
}

void hide_memory(const Listener& listener) {
  heard(listener, SetUndumpable{}, [] { return ::prctl(PR_SET_DUMPABLE, 0); });
}

void drop_groups(const Listener& listener) {
  if (heard(listener, DropGroups{}, [] { return ::setgroups(0, nullptr); }) == -1) {
    throw_error("setgroups", errno, "cannot give up supplementary groups");
  }
}

void set_group(gid_t group, const Listener& listener) {
  if (heard(listener, SetGroup{group}, [&] { return ::setresgid(group, group, group); }) == -1) {
    throw_error("setresgid", errno, fmt::format("cannot become group {}", group));
  }
}

void set_user(uid_t user, const Listener& listener) {
  if (heard(listener, SetUser{user}, [&] { return ::setresuid(user, user, user); }) == -1) {
    throw_error("setresuid", errno, fmt::format("cannot become user {}", user));
  }
}

void new_session(const Listener& listener) {
  if (heard(listener, Setsid{}, [] { return ::setsid(); }) == -1) {
    throw_error("setsid", errno, "cannot start a new session");
  }
}

UniqueFd open_pidfd(pid_t pid) {
  UniqueFd pidfd = above_stdio(static_cast<int>(retry([&] { return ::syscall(SYS_pidfd_open, pid, 0); })));
  if (!pidfd.valid()) {
    throw_error("pidfd_open", errno, fmt::format("cannot open a pidfd for process {}", pid));
  }
  return pidfd;
}

void pass_on(const UniqueFd& pidfd, const signalfd_siginfo& signal) {
  const int number = static_cast<int>(signal.ssi_signo);
  // The kernel lets nobody pretend to be kill(2) or tgkill(2); neither has a payload: pidfd_send_signal(2).
  if (signal.ssi_code >= 0 || signal.ssi_code == SI_TKILL) {
    send_signal(pidfd, number);
    return;
  }
  siginfo_t info{};
  info.si_signo = number;
  info.si_errno = signal.ssi_errno;
  info.si_code = signal.ssi_code;
  info.si_pid = static_cast<pid_t>(signal.ssi_pid);
  info.si_uid = signal.ssi_uid;
  info.si_value.sival_ptr = reinterpret_cast<void*>(signal.ssi_ptr);  // NOLINT: passed on, never followed
  send_signal(pidfd, number, &info);
}

bool send_signal(const UniqueFd& pidfd, int signal, siginfo_t* info) {
  constexpr int attempts = 100;
  for (int i = 0; i < attempts; ++i) {
    if (retry([&] { return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, info, 0); }) == 0) {
      return true;
    }
    if (errno == ESRCH) {
      return false;
    }
    if (errno != EAGAIN) {
      throw_error("pidfd_send_signal", errno, fmt::format("cannot send {}", signal_name(signal)));
    }
    // Too many are queued: setrlimit(2), RLIMIT_SIGPENDING.
    wait_readable({&pidfd}, 1);
  }
  return false;
}

siginfo_t wait_for(const UniqueFd& pidfd, int options) {
  siginfo_t info{};
  if (retry([&] { return ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, options); }) == -1) {
    throw_error("waitid", errno, "cannot wait for the command");
  }
  return info;
}

void kill_and_reap(pid_t child) {
  if (::kill(child, SIGKILL) == 0) {
    retry([&] { return ::waitpid(child, nullptr, 0); });
  }
}

std::optional<siginfo_t> wait_for_any_child() {
  siginfo_t info{};
  if (retry([&] { return ::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG); }) == -1 &&
      errno != ECHILD) {
    throw_error("waitid", errno, "cannot reap");
  }
  return info.si_pid == 0 ? std::nullopt : std::optional(info);
}

SignalSet set_signal_mask(SignalSet mask) {
  const std::uint64_t after = mask.bits();
  std::uint64_t before = 0;
  if (retry([&] { return ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &after, &before, sizeof after); }) ==
      -1) {
    throw_error("rt_sigprocmask", errno, "cannot set the signal mask");
  }
  return SignalSet(before);
}

namespace {

using Handler = void (*)(int);

/// struct sigaction of the kernel: glibc's sigaction(3) refuses signals 32 and 33.
struct KernelAction {
  Handler handler = SIG_DFL;
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  std::uint64_t mask = 0;
};

/// @return the action before
KernelAction change_action(int signal, const KernelAction* action) {
  KernelAction before;
  if (retry([&] { return ::syscall(SYS_rt_sigaction, signal, action, &before, sizeof before.mask); }) == -1) {
    throw_error("rt_sigaction", errno, fmt::format("cannot set the disposition of {}", signal_name(signal)));
  }
  return before;
}

void set_disposition(int signal, Handler handler) {
  const KernelAction action{.handler = handler};
  change_action(signal, &action);
}

}  // namespace

bool is_ignored(int signal) {
  return change_action(signal, nullptr).handler == SIG_IGN;
}

void set_default_disposition(int signal) {
  set_disposition(signal, SIG_DFL);
}

void ignore_signal(int signal) {
  set_disposition(signal, SIG_IGN);
}

UniqueFd open_signalfd(SignalSet signals) {
  const std::uint64_t bits = signals.bits();
  UniqueFd fd = above_stdio(static_cast<int>(
      retry([&] { return ::syscall(SYS_signalfd4, -1, &bits, sizeof bits, SFD_NONBLOCK | SFD_CLOEXEC); })));
  if (!fd.valid()) {
    throw_error("signalfd4", errno, "cannot open a signalfd");
  }
  return fd;
}

std::optional<signalfd_siginfo> read_signal(const UniqueFd& signalfd) {
  signalfd_siginfo info{};
  if (retry([&] { return ::read(signalfd.get(), &info, sizeof info); }) == -1) {
    if (errno == EAGAIN) {
      return std::nullopt;
    }
    throw_error("read", errno, "cannot read signals");
  }
  return info;
}

void raise_with_default_action(int signal) {
  if (signal != SIGKILL && signal != SIGSTOP) {
    set_default_disposition(signal);
  }
  ::kill(::getpid(), signal);
  const SignalSet mask = set_signal_mask(~SignalSet::of(signal));
  set_signal_mask(mask);
}

namespace {

/// Lets a signal interrupt a system call that unblocks it, and do nothing else.
void let_interrupt(int signal) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigfillset(&action.sa_mask);
  // A SIGCHLD is delivered first. Blocked with the rest, the SIGCONT that came with it would stay pending,
  // and be passed on as one more.
  ::sigdelset(&action.sa_mask, SIGCONT);
  if (::sigaction(signal, &action, nullptr) == -1) {
    throw_error("rt_sigaction", errno, fmt::format("cannot set the disposition of {}", signal_name(signal)));
  }
}

/// Takes a pending signal back that this process has sent itself.
bool take_back(int signal) {
  const std::uint64_t bits = SignalSet::of(signal).bits();
  const timespec now{};
  siginfo_t info{};
  if (retry([&] { return ::syscall(SYS_rt_sigtimedwait, &bits, &info, &now, sizeof bits); }) == -1) {
    return false;
  }
  if (info.si_code == SI_USER && info.si_pid == ::getpid()) {
    return true;
  }
  ::syscall(SYS_rt_sigqueueinfo, ::getpid(), signal, &info);
  return false;
}

}  // namespace

bool stop_this_process(int signal) {
  if (signal != SIGSTOP) {
    set_default_disposition(signal);
  }
  let_interrupt(SIGCHLD);
  let_interrupt(SIGCONT);
  ::kill(::getpid(), signal);
  // When we are continued, a child that is continued with us may already have made the terminal send the next
  // stop signal. But the child's SIGCHLD has come before that, and is delivered first as the lower number,
  // and with its handler all stop signals are blocked again: get_signal() in kernel/signal.c.
  const std::uint64_t mask =
      (~(SignalSet::of(signal) | SignalSet::of(SIGCHLD) | SignalSet::of(SIGCONT))).bits();
  const timespec now{};
  if (::syscall(SYS_ppoll, nullptr, 0, &now, &mask, sizeof mask) == -1 && errno != EINTR) {
    throw_error("ppoll", errno, "cannot stop");
  }
  return !take_back(signal);
}

void wait_readable(std::initializer_list<const UniqueFd*> files, int milliseconds) {
  std::array<pollfd, 4> polled{};
  nfds_t count = 0;
  for (const UniqueFd* file : files) {
    polled.at(count++) = {.fd = file->get(), .events = POLLIN, .revents = 0};  // a negative fd is passed over
  }
  if (retry([&] { return ::poll(polled.data(), count, milliseconds); }) == -1) {
    throw_error("poll", errno, "cannot wait for signals");
  }
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (retry([&] { return ::pipe2(ends.data(), O_CLOEXEC); }) == -1) {
    throw_error("pipe2", errno, "cannot make a pipe");
  }
  Pipe pipe{above_stdio(ends[0]), above_stdio(ends[1])};
  if (!pipe.read.valid() || !pipe.write.valid()) {
    throw_error("fcntl", errno, "cannot make a pipe");
  }
  return pipe;
}

Channel make_channel() {
  std::array<int, 2> ends{};
  if (retry([&] { return ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()); }) == -1) {
    throw_error("socketpair", errno, "cannot make a socket pair");
  }
  Channel channel{above_stdio(ends[0]), above_stdio(ends[1])};
  if (!channel.outer.valid() || !channel.inner.valid()) {
    throw_error("fcntl", errno, "cannot make a socket pair");
  }
  return channel;
}

void send_packet(const UniqueFd& channel, std::string_view packet) {
  if (retry([&] { return ::send(channel.get(), packet.data(), packet.size(), MSG_NOSIGNAL); }) == -1 &&
      errno != EPIPE) {
    throw_error("sendto", errno, "cannot send a message between pidns and PID 1");
  }
}

bool receive_packet(const UniqueFd& channel, void* packet, std::size_t size) {
  const ssize_t received = retry([&] { return ::recv(channel.get(), packet, size, MSG_DONTWAIT); });
  if (received == -1 && errno != EAGAIN && errno != ECONNRESET) {
    throw_error("recvfrom", errno, "cannot receive a message between pidns and PID 1");
  }
  return received == static_cast<ssize_t>(size);
}

namespace {

short poll_now(const UniqueFd& file) {
  pollfd polled{.fd = file.get(), .events = 0, .revents = 0};
  if (retry([&] { return ::poll(&polled, 1, 0); }) == -1) {
    throw_error("poll", errno, "cannot poll");
  }
  return polled.revents;
}

}  // namespace

bool has_hung_up(const UniqueFd& channel) {
  return (poll_now(channel) & POLLHUP) != 0;
}

void close(UniqueFd& file, std::string_view context) {
  if (::close(file.release()) == -1) {
    throw_error("close", errno, std::string(context));
  }
}

void close_copy(const UniqueFd& owned_by_parent) {
  ::close(owned_by_parent.get());
}

bool has_reader(const UniqueFd& write_end) {
  return (poll_now(write_end) & POLLERR) == 0;
}

UniqueFd open_directory(const char* path, std::string_view context) {
  UniqueFd fd = above_stdio(retry([&] { return ::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) {
    throw_error("open", errno, std::string(context));
  }
  return fd;
}

UniqueFd open_directory_in_root(const UniqueFd& root, const char* path, std::string_view context) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  UniqueFd fd = above_stdio(
      static_cast<int>(retry([&] { return ::syscall(SYS_openat2, root.get(), path, &how, sizeof how); })));
  if (!fd.valid()) {
    throw_error("openat2", errno, std::string(context));
  }
  return fd;
}

ino_t inode_of(int directory, const char* path) {
  struct stat facts {};
  if (retry([&] { return ::fstatat(directory, path, &facts, 0); }) == -1) {
    throw_error("newfstatat", errno, fmt::format("cannot look at {}", path));
  }
  return facts.st_ino;
}

ino_t inode_of(const UniqueFd& file) {
  struct stat facts {};
  if (retry([&] { return ::fstat(file.get(), &facts); }) == -1) {
    throw_error("fstat", errno, "cannot look at an open file");
  }
  return facts.st_ino;
}

std::string read_link(int directory, const char* path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = retry([&] { return ::readlinkat(directory, path, target.data(), target.size()); });
  if (size == -1) {
    throw_error("readlinkat", errno, fmt::format("cannot read link {}", path));
  }
  return {target.data(), static_cast<std::size_t>(size)};
}

void redirect(int fd, const UniqueFd& file) {
  if (retry([&] { return ::dup2(file.get(), fd); }) == -1) {
    throw_error("dup2", errno, "cannot redirect output");
  }
}

void allow_more_open_files() {
  rlimit limit{};
  if (retry([&] { return ::getrlimit(RLIMIT_NOFILE, &limit); }) == -1) {
    throw_error("getrlimit", errno, "cannot read the limit of open files");
  }
  limit.rlim_cur = limit.rlim_max;
  if (retry([&] { return ::setrlimit(RLIMIT_NOFILE, &limit); }) == -1) {
    throw_error("setrlimit", errno, "cannot raise the limit of open files");
  }
}

namespace {

std::optional<std::size_t> width_of(int terminal) {
  constexpr std::size_t usual = 80;
  winsize size{};
  if (retry([&] { return ::ioctl(terminal, TIOCGWINSZ, &size); }) == -1) {
    return std::nullopt;
  }
  return size.ws_col > 0 ? size.ws_col : usual;
}

}  // namespace

std::optional<std::size_t> stdout_width() {
  return width_of(STDOUT_FILENO);
}

std::optional<std::size_t> stderr_width() {
  return width_of(STDERR_FILENO);
}

void close_stdin_and_stdout() {
  ::close(STDIN_FILENO);
  ::close(STDOUT_FILENO);
}

void close_all_above_stderr_but(const UniqueFd& kept) {
  const auto close_all = [](unsigned first, unsigned last) {
    if (first <= last && retry([&] { return ::close_range(first, last, 0); }) == -1) {
      throw_error("close_range", errno, "cannot close file descriptors");
    }
  };
  const auto fd = static_cast<unsigned>(kept.get());
  close_all(STDERR_FILENO + 1, fd - 1);
  close_all(fd + 1, ~0U);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

UniqueFd adopt(int fd) {
  if (retry([&] { return ::fcntl(fd, F_SETFD, FD_CLOEXEC); }) == -1) {
    throw_error("fcntl", errno, fmt::format("cannot set file descriptor {} close-on-exec", fd));
  }
  UniqueFd own = above_stdio(fd);
  if (!own.valid()) {
    throw_error("fcntl", errno, fmt::format("cannot duplicate file descriptor {}", fd));
  }
  return own;
}

UniqueFd open_terminal() {
  return above_stdio(retry([] { return ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC); }));
}

pid_t foreground_group(const UniqueFd& terminal) {
  return ::tcgetpgrp(terminal.get());
}

void set_foreground_group(const UniqueFd& terminal, pid_t group) {
  ::tcsetpgrp(terminal.get(), group);
}

bool group_exists(pid_t group) {
  return ::kill(-group, 0) == 0 || errno != ESRCH;
}

UniqueFd open_file(int directory, const char* path, int flags) {
  UniqueFd fd = above_stdio(retry([&] { return ::openat(directory, path, flags | O_CLOEXEC | O_NOCTTY); }));
  if (!fd.valid()) {
    throw_error("open", errno, fmt::format("cannot open {}", path));
  }
  return fd;
}

std::string read_all(const UniqueFd& file) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = retry([&] { return ::read(file.get(), buffer.data(), buffer.size()); });
    if (size == -1) {
      throw_error("read", errno, "cannot read");
    }
    if (size == 0) {
      return text;
    }
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

std::string read_file(int directory, const char* path) {
  return read_all(open_file(directory, path, O_RDONLY));
}

std::string read_start(const char* path) {
  const UniqueFd file = open_file(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  std::string text(4096, '\0');
  const ssize_t size = retry([&] { return ::read(file.get(), text.data(), text.size()); });
  if (size == -1) {
    throw_error("read", errno, fmt::format("cannot read {}", path));
  }
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::vector<std::string> list_directory(int directory, const char* path) {
  UniqueFd fd = open_file(directory, path, O_RDONLY | O_DIRECTORY);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) {
    throw_error("fdopendir", errno, fmt::format("cannot read directory {}", path));
  }
  fd.release();
  std::vector<std::string> names;
  errno = 0;  // readdir(3) returns nullptr at the end too
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
    errno = 0;
  }
  if (errno != 0) {
    throw_error("readdir", errno, fmt::format("cannot read directory {}", path));
  }
  return names;
}

bool read_memory(pid_t pid, std::uintptr_t address, void* buffer, std::size_t size) {
  const iovec local{buffer, size};
  const iovec remote{reinterpret_cast<void*>(address), size};  // NOLINT: an address in the other process
  return retry([&] { return ::process_vm_readv(pid, &local, 1, &remote, 1, 0); }) ==
         static_cast<ssize_t>(size);
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = retry([&] { return ::write(fd, text.data(), text.size()); });
    if (size == -1) {
      throw_error("write", errno, "cannot write");
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void write_to_stderr(std::string_view text) {
  // From the background the terminal would stop us: termios(3), TOSTOP. And a pipe may have lost its reader.
  const SignalSet mask = set_signal_mask(SignalSet::all());
  while (!text.empty()) {
    const ssize_t size = retry([&] { return ::write(STDERR_FILENO, text.data(), text.size()); });
    if (size == -1) {
      if (errno == EPIPE) {
        take_back(SIGPIPE);
      }
      break;
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  set_signal_mask(mask);
}

void write_file(const char* path, std::string_view text, const Listener& listener) {
  const UniqueFd file = [&] {
    try {
      return open_file(AT_FDCWD, path, O_WRONLY);
    } catch (const Error& error) {
      if (listener) {
        listener(Open{path, O_WRONLY | O_CLOEXEC | O_NOCTTY}, Result{.value = -1, .error = error.error()});
      }
      throw;
    }
  }();
  const Write call{.fd = file.get(), .path = path, .text = text};
  if (heard(listener, call, [&] { return ::write(file.get(), text.data(), text.size()); }) == -1) {
    throw_error("write", errno, fmt::format("cannot write {}", path));
  }
}

SharedCounter::SharedCounter() {
  void* page = ::mmap(nullptr, sizeof *count_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {  // NOLINT: the kernel's own constant
    throw_error("mmap", errno, "cannot share memory");
  }
  count_ = new (page) std::atomic<int>(0);
}

SharedCounter::~SharedCounter() {
  ::munmap(count_, sizeof *count_);
}

}  // namespace pidns::sys
