#include "pidns/sys/shared_value.hpp"

#include <sys/mman.h>

#include <cerrno>

#include "pidns/sys/error.hpp"

namespace pidns::sys {

void* share_memory(std::size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {  // NOLINT: the kernel's own constant
    throw_error(Syscall::mmap, errno, "cannot share memory");
  }
  return memory;
}

void unshare_memory(void* memory, std::size_t size) {
  ::munmap(memory, size);
}

}  // namespace pidns::sys
