#include "pidns/launch/binfmt.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

bool loads_before_root(const Options& options) {
  return options.root && options.load_interp && options.load_interp->fixed;
}

/// The kernel accepts a definition only from root of the user namespace, who owns the files.
void load(const std::filesystem::path& directory, const std::string& definition,
          const sys::SyscallObserver& observer) {
  try {
    sys::write_file((directory / "register").c_str(), definition, observer);
  } catch (const sys::Error& error) {
    const bool is_root = ::geteuid() == 0 && ::getegid() == 0;
    throw Failure(status_failed, error.what(),
                  error.error() == EACCES && !is_root
                      ? "only root of the user namespace may load it: add --map-root-user"
                      : "");
  }
}

}  // namespace

void load_fixed_interpreter(const Options& options, const sys::SyscallObserver& observer) {
  if (loads_before_root(options)) {
    // The same filesystem as the one that is mounted in the new root: there is one in a user namespace.
    sys::mount_binfmt(default_binfmt, observer);
    load(default_binfmt, options.load_interp->text, observer);
  }
}

void mount_binfmt(const Options& options, const sys::SyscallObserver& observer) {
  if (!options.mount_binfmt) {
    return;
  }
  sys::mount_binfmt(options.mount_binfmt->c_str(), observer);
  if (options.load_interp && !loads_before_root(options)) {
    load(*options.mount_binfmt, options.load_interp->text, observer);
  }
}

}  // namespace pidns
