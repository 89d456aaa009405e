#include "pidns/process/sealed_copy.hpp"

#include "pidns/sys/sealed_files.hpp"

namespace pidns {

void run_from_sealed_copy(std::span<char* const> words) {
  const UniqueFd program = sys::open_own_program();
  if (sys::is_sealed(program)) {
    sys::set_process_name("pidns");  // the kernel has taken the number of a descriptor for it
    return;
  }
  sys::execute(sys::copy_and_seal(program, "pidns"), words);
}

}  // namespace pidns
