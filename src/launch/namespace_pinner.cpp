#include "pidns/launch/namespace_pinner.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "pidns/launch/hints.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/namespaces.hpp"

namespace pidns {

namespace {

/// Binds all of them or none.
void bind_all(const std::vector<PinnedNamespace>& namespaces, std::string_view creator) {
  auto next = namespaces.begin();
  try {
    for (; next != namespaces.end(); ++next) {
      sys::bind(namespace_file(creator, next->kind).c_str(), next->file.c_str());
    }
  } catch (const sys::Error& error) {
    const Failure failure = diagnose_bind(error, *next);
    for (auto bound = namespaces.begin(); bound != next; ++bound) {
      sys::unmount(bound->file.c_str());
    }
    throw Failure(failure);
  }
}

}  // namespace

std::string namespace_file(std::string_view creator, int kind) {
  return fmt::format("/proc/{}/ns/{}", creator, namespace_kind(kind).children_file);
}

void check_pinned(const Options& options) {
  for (const PinnedNamespace& pinned : options.pinned) {
    const std::string context =
        fmt::format("--{}={}", namespace_kind(pinned.kind).option, pinned.file.native());
    if (!sys::is_regular_file(pinned.file.c_str(), context)) {
      throw Failure(status_failed, context + ": Not a regular file", {});
    }
  }
}

NamespacePinner::NamespacePinner(const Options& options) {
  if (options.pinned.empty()) {
    return;
  }
  // Our number in the /proc that is mounted, which may be that of another PID namespace than ours.
  const std::string creator = sys::read_link(AT_FDCWD, "/proc/self");
  outside_.emplace([&](const std::string&) { bind_all(options.pinned, creator); });
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
