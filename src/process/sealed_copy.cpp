#include "pidns/process/sealed_copy.hpp"

#include <fcntl.h>

#include <cerrno>

#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/sealed_files.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

std::string hint_for(const sys::Error& error) {
  if (error.error() == EFBIG) {
    return "the limit of file sizes is too low: raise it with ulimit -f";
  }
  if (error.error() == EACCES && sys::try_read_file(AT_FDCWD, "/proc/sys/vm/memfd_noexec") == "2\n") {
    return "vm.memfd_noexec=2 forbids programs in memory: 1 allows those that ask for it, as pidns does";
  }
  return {};
}

}  // namespace

void run_from_sealed_copy(std::span<char* const> words) {
  try {
    const UniqueFd program = sys::open_own_program();
    if (sys::is_sealed(program)) {
      sys::set_process_name("pidns");  // the kernel has taken the number of a descriptor for it
      return;
    }
    sys::execute(sys::copy_and_seal(program, "pidns"), words);
  } catch (const sys::Error& error) {
    throw Failure(status_failed, error.what(), hint_for(error));
  }
}

}  // namespace pidns
