#include "pidns/sys/sealed_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "call.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/signals.hpp"

namespace pidns::sys {

namespace {

constexpr int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

UniqueFd make_executable_memfd(const char* name) {
  constexpr unsigned executable = 0x10;  // MFD_EXEC, since Linux 6.3: vm.memfd_noexec may be set
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd memory = above_stdio(retry([&] { return ::memfd_create(name, flags | executable); }));
  return memory.valid() || errno != EINVAL ? std::move(memory)
                                           : above_stdio(retry([&] { return ::memfd_create(name, flags); }));
}

/// As long as it lives, the copy is not limited in size, if that is allowed. If not, the write fails without
/// the signal that ends a process: setrlimit(2), RLIMIT_FSIZE.
class NoSizeLimit {
 public:
  NoSizeLimit() : signal_ignored_(is_ignored(SIGXFSZ)) {
    if (!signal_ignored_) {
      ignore_signal(SIGXFSZ);
    }
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    const rlimit most{.rlim_cur = before_.rlim_max, .rlim_max = before_.rlim_max};
    if (::setrlimit(RLIMIT_FSIZE, &none) == -1) {
      ::setrlimit(RLIMIT_FSIZE, &most);
    }
  }
  NoSizeLimit(const NoSizeLimit&) = delete;
  NoSizeLimit& operator=(const NoSizeLimit&) = delete;
  ~NoSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    if (!signal_ignored_) {
      set_default_disposition(SIGXFSZ);
    }
  }

 private:
  rlimit before_{};
  bool signal_ignored_;
};

}  // namespace

UniqueFd open_own_program() {
  return open_file(AT_FDCWD, "/proc/self/exe", O_RDONLY);
}

bool is_sealed(const UniqueFd& file) {
  const int seals = ::fcntl(file.get(), F_GET_SEALS);
  return seals != -1 && (seals & all_seals) == all_seals;
}

UniqueFd copy_and_seal(const UniqueFd& file, const char* name) {
  const char* what = "cannot make a sealed copy of pidns";
  UniqueFd copy = make_executable_memfd(name);
  if (!copy.valid()) {
    throw_error(Syscall::memfd_create, errno, what);
  }
  const NoSizeLimit no_limit;
  off_t left = facts_of(file, what).st_size;
  while (left > 0) {
    const ssize_t size =
        retry([&] { return ::sendfile(copy.get(), file.get(), nullptr, static_cast<std::size_t>(left)); });
    if (size <= 0) {
      throw_error(Syscall::write, size == 0 ? EIO : errno, what);
    }
    left -= size;
  }
  if (::fcntl(copy.get(), F_ADD_SEALS, all_seals) == -1) {
    throw_error(Syscall::fcntl, errno, what);
  }
  return copy;
}

void execute(const UniqueFd& file, std::span<char* const> words) {
  std::vector<char*> arguments(words.begin(), words.end());
  arguments.push_back(nullptr);
  ::syscall(SYS_execveat, file.get(), "", arguments.data(), environ, AT_EMPTY_PATH);
  // Refused by a filter; or ENOENT by TOMOYO where there is no /dev/fd: seen on Linux 5.10, not on 6.1.
  ::execve(fmt::format("/proc/self/fd/{}", file.get()).c_str(), arguments.data(), environ);
  throw_error(Syscall::execveat, errno, "cannot execute the sealed copy of pidns");
}

void set_process_name(const char* name) noexcept {
  ::prctl(PR_SET_NAME, name);
}

}  // namespace pidns::sys
