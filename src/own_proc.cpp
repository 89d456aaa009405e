#include "pidns/own_proc.hpp"

#include "pidns/sys.hpp"

namespace pidns {

UniqueFd open_own_proc() {
  UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
  return sys::is_missing(proc.get(), "self") ? sys::make_detached_proc() : std::move(proc);
}

}  // namespace pidns
