#include "pidns/proc/open_proc.hpp"

#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"

namespace pidns {

UniqueFd open_proc() {
  UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
  return sys::is_missing(proc.get(), "self") ? sys::make_detached_proc() : std::move(proc);
}

}  // namespace pidns
