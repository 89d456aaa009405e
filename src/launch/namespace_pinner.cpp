#include "pidns/launch/namespace_pinner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <vector>

#include "pidns/launch/hints.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/resolve.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

struct OpenFile {
  const PinnedNamespace& pinned;
  UniqueFd file;
};

/// Opens the file that a namespace is to be bound to.
UniqueFd open_target(const PinnedNamespace& pinned, Log& log) {
  const std::string context =
      fmt::format("--{}={}", namespace_kind(pinned.kind).option, pinned.file.native());
  UniqueFd file = sys::open_mount_target(pinned.file, context);
  const struct stat facts = sys::facts_of(file, context);
  if (!S_ISREG(facts.st_mode)) {
    throw Failure(status_failed, context + ": Not a regular file", {});
  }
  if (sys::keeps_namespace(file)) {
    log.warn("{}: keeps a namespace already, which the new one covers", context);
  } else if (facts.st_size != 0) {
    log.warn("{}: is not empty; the namespace covers what is in it", context);
  }
  return file;
}

/// Binds all of them or none.
void bind_all(const std::vector<OpenFile>& targets, std::string_view creator) {
  std::vector<UniqueFd> mounts;
  auto next = targets.begin();
  try {
    for (; next != targets.end(); ++next) {
      mounts.push_back(sys::bind(namespace_file(creator, next->pinned.kind).c_str(), next->file,
                                 next->pinned.file.native()));
    }
  } catch (const sys::Error& error) {
    const Failure failure = diagnose_bind(error, next->pinned, next->file);
    for (std::size_t i = 0; i < mounts.size(); ++i) {
      sys::unmount(mounts[i], targets[i].file);
    }
    throw Failure(failure);
  }
}

}  // namespace

std::string namespace_file(std::string_view creator, int kind) {
  return fmt::format("/proc/{}/ns/{}", creator, namespace_kind(kind).children_file);
}

NamespacePinner::NamespacePinner(const Options& options, Log& log) {
  if (options.pinned.empty()) {
    return;
  }
  std::vector<OpenFile> targets;
  for (const PinnedNamespace& pinned : options.pinned) {
    targets.push_back({pinned, open_target(pinned, log)});
  }
  // Our number in the /proc that is mounted, which may be that of another PID namespace than ours.
  const std::string creator = sys::read_link(AT_FDCWD, "/proc/self");
  outside_.emplace([&](const std::string&, const UniqueFd&) { bind_all(targets, creator); });
}

void NamespacePinner::pin_all() const {
  if (outside_) {
    outside_->run("pin", "cannot pin namespaces");
  }
}

void NamespacePinner::wait() {
  if (outside_) {
    outside_->wait();
  }
}

}  // namespace pidns
