#include "pidns/own_proc.hpp"

#include "pidns/sys.hpp"

namespace pidns {

UniqueFd open_own_proc() {
  UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
  return sys::exists(proc.get(), "self") ? std::move(proc) : sys::make_detached_proc();
}

}  // namespace pidns
