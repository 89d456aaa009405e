#include "pidns/sys/shared_counter.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "pidns/sys/error.hpp"

namespace pidns::sys {

SharedCounter::SharedCounter() {
  void* page = ::mmap(nullptr, sizeof *count_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {  // NOLINT: the kernel's own constant
    throw_error(Syscall::mmap, errno, "cannot share memory");
  }
  count_ = new (page) std::atomic<int>(0);
}

SharedCounter::~SharedCounter() {
  ::munmap(count_, sizeof *count_);
}

}  // namespace pidns::sys
