#include "pidns/sys/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>

#include "call.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/util/text.hpp"

namespace pidns::sys {

namespace {

constexpr std::size_t packet_size = 4096;

}  // namespace

bool exists(int directory, const char* path) {
  return ::faccessat(directory, path, F_OK, 0) == 0;
}

bool is_missing(int directory, const char* path) {
  return retry([&] { return ::faccessat(directory, path, F_OK, 0); }) == -1 && errno == ENOENT;
}

void close(UniqueFd& file) noexcept {
  const int fd = file.release();
  if (::close(fd) == -1 && errno != EBADF) {
    // On Linux it is closed nevertheless: close(2). Only a filter of system calls leaves it open.
    ::syscall(__NR_close_range, fd, fd, 0);
  }
}

void close_copy(const UniqueFd& owned_by_parent) {
  ::close(owned_by_parent.get());
}

UniqueFd open_directory(const char* path, std::string_view context) {
  UniqueFd fd = above_stdio(retry([&] { return ::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) {
    throw_error(Syscall::open, errno, std::string(context));
  }
  return fd;
}

struct stat facts_of(const UniqueFd& file, const std::string& context) {
  struct stat facts {};
  if (retry([&] { return ::fstat(file.get(), &facts); }) == -1) {
    throw_error(Syscall::fstat, errno, context);
  }
  return facts;
}

ino_t inode_of(int directory, const char* path) {
  struct stat facts {};
  if (retry([&] { return ::fstatat(directory, path, &facts, 0); }) == -1) {
    throw_error(Syscall::stat, errno, fmt::format("cannot look at {}", path));
  }
  return facts.st_ino;
}

ino_t inode_of(const UniqueFd& file) {
  return facts_of(file, "cannot look at an open file").st_ino;
}

std::string read_link(int directory, const char* path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = retry([&] { return ::readlinkat(directory, path, target.data(), target.size()); });
  if (size == -1) {
    throw_error(Syscall::readlink, errno, fmt::format("cannot read link {}", path));
  }
  return {target.data(), static_cast<std::size_t>(size)};
}

void redirect(int fd, const UniqueFd& file) {
  if (retry([&] { return ::dup2(file.get(), fd); }) == -1) {
    throw_error(Syscall::dup2, errno, "cannot redirect output");
  }
}

void close_stdin_and_stdout() noexcept {
  ::close(STDIN_FILENO);
  ::close(STDOUT_FILENO);
}

void leave_directory() noexcept {
  if (::chdir("/") == -1) {
    return;  // then it keeps its directory
  }
}

namespace {

bool close_all(int first, int last) {
  return first > last || retry([&] { return ::syscall(__NR_close_range, first, last, 0); }) == 0;
}

}  // namespace

void close_all_above_stderr_but(const UniqueFd& one, const UniqueFd& other, const UniqueFd& proc) noexcept {
  const auto [low, high] = std::minmax({one.get(), other.get()});
  constexpr int first = STDERR_FILENO + 1;
  if (close_all(first, low - 1) && close_all(low + 1, high - 1) && close_all(high + 1, INT_MAX)) {
    return;
  }
  for (const std::string& name : or_default_on_error([&] { return list_directory(proc.get(), "self/fd"); })) {
    const auto fd = leading_number<int>(name);
    if (fd >= first && fd != low && fd != high) {
      ::close(fd);
    }
  }
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

UniqueFd adopt(int fd) {
  if (retry([&] { return ::fcntl(fd, F_SETFD, FD_CLOEXEC); }) == -1) {
    throw_error(Syscall::fcntl, errno, fmt::format("cannot set file descriptor {} close-on-exec", fd));
  }
  UniqueFd own = above_stdio(fd);
  if (!own.valid()) {
    throw_error(Syscall::fcntl, errno, fmt::format("cannot duplicate file descriptor {}", fd));
  }
  return own;
}

UniqueFd open_file(int directory, const char* path, int flags) {
  UniqueFd fd = above_stdio(retry([&] { return ::openat(directory, path, flags | O_CLOEXEC | O_NOCTTY); }));
  if (!fd.valid()) {
    throw_error(Syscall::open, errno, fmt::format("cannot open {}", path));
  }
  return fd;
}

std::string read_packet(const UniqueFd& file) {
  std::array<char, packet_size> buffer;  // a string of this size costs --list 5 % of its time
  const ssize_t size = retry([&] { return ::read(file.get(), buffer.data(), buffer.size()); });
  if (size == -1) {
    throw_error(Syscall::read, errno, "cannot read");
  }
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string read_all(const UniqueFd& file) {
  std::string text;
  for (std::string packet = read_packet(file); !packet.empty(); packet = read_packet(file)) {
    text += packet;
  }
  return text;
}

std::string read_file(int directory, const char* path) {
  return read_all(open_file(directory, path, O_RDONLY));
}

std::string try_read_file(int directory, const std::string& path) {
  return or_default_on_error([&] { return read_file(directory, path.c_str()); });
}

std::string read_piece(int directory, const char* path) {
  const UniqueFd file = open_file(directory, path, O_RDONLY);
  std::string text = read_packet(file);
  return text.size() < packet_size ? text : text + read_all(file);
}

std::string read_again(const UniqueFd& file) {
  std::string text;
  std::array<char, packet_size> buffer{};
  ssize_t size = 0;
  do {
    size = retry(
        [&] { return ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size())); });
    text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  } while (size == static_cast<ssize_t>(buffer.size()));
  return text;
}

std::string read_start(const char* path) {
  return read_packet(open_file(AT_FDCWD, path, O_RDONLY | O_NONBLOCK));
}

std::vector<std::string> list_directory(int directory, const char* path) {
  UniqueFd fd = open_file(directory, path, O_RDONLY | O_DIRECTORY);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) {
    throw_error(Syscall::getdents, errno, fmt::format("cannot read directory {}", path));
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
    throw_error(Syscall::getdents, errno, fmt::format("cannot read directory {}", path));
  }
  return names;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = retry([&] { return ::write(fd, text.data(), text.size()); });
    if (size == -1) {
      throw_error(Syscall::write, errno, "cannot write");
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void write_file(const char* path, std::string_view text, const SyscallObserver& observer) {
  const UniqueFd file = [&] {
    try {
      return open_file(AT_FDCWD, path, O_WRONLY);
    } catch (const Error& error) {
      if (observer) {
        observer(Open{path, O_WRONLY | O_CLOEXEC | O_NOCTTY}, Result{.value = -1, .error = error.error()});
      }
      throw;
    }
  }();
  const Write call{.fd = file.get(), .path = path, .text = text};
  if (observed(observer, call, [&] { return ::write(file.get(), text.data(), text.size()); }) == -1) {
    throw_error(Syscall::write, errno, fmt::format("cannot write {}", path));
  }
}

}  // namespace pidns::sys
