#include "pidns/launch/namespace_pinner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>

#include "pidns/launch/child.hpp"
#include "pidns/launch/hints.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

struct Kind {
  int flag;
  std::string_view option;
  std::string_view file;
};

constexpr std::array kinds{
    Kind{CLONE_NEWUSER, "--user", "user"},
    Kind{CLONE_NEWPID, "--pid", "pid_for_children"},
    Kind{CLONE_NEWNS, "--mount", "mnt"},
    Kind{CLONE_NEWUTS, "--uts", "uts"},
    Kind{CLONE_NEWIPC, "--ipc", "ipc"},
    Kind{CLONE_NEWNET, "--net", "net"},
    Kind{CLONE_NEWTIME, "--time", "time_for_children"},
    Kind{CLONE_NEWCGROUP, "--cgroup", "cgroup"},
};

const Kind& find_kind(int flag) {
  return *std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return kind.flag == flag; });
}

constexpr int all_kept = 0;  // the status of the one answer that is no failure

/// Binds all of them or none.
void bind_all(const std::vector<PinnedNamespace>& kept, std::string_view maker) {
  auto next = kept.begin();
  try {
    for (; next != kept.end(); ++next) {
      sys::bind(namespace_file(maker, next->kind).c_str(), next->file.c_str());
    }
  } catch (const sys::Error& error) {
    const Failure failure = diagnose_bind(error, *next);
    for (auto bound = kept.begin(); bound != next; ++bound) {
      sys::unmount(bound->file.c_str());
    }
    throw Failure(failure);
  }
}

/// The process outside: waits for the one request, unless pidns ends before it.
void serve(const Options& options, std::string_view maker, const UniqueFd& request, const UniqueFd& answer) {
  sys::wait_readable({&request});
  if (sys::has_hung_up(request)) {
    return;
  }
  try {
    bind_all(options.pinned, maker);
    send_failure(answer, Failure(all_kept, "", {}));
  } catch (const Failure& failure) {
    send_failure(answer, failure);
  }
}

}  // namespace

std::string namespace_file(std::string_view maker, int kind) {
  return fmt::format("/proc/{}/ns/{}", maker, find_kind(kind).file);
}

std::string_view option_of_kind(int kind) {
  return find_kind(kind).option;
}

void verify_pinned(const Options& options) {
  for (const PinnedNamespace& kept : options.pinned) {
    const std::string context = fmt::format("{}={}", option_of_kind(kept.kind), kept.file.native());
    if (!sys::is_regular_file(kept.file.c_str(), context)) {
      throw Failure(status_failed, context + ": Not a regular file", {});
    }
  }
}

NamespacePinner::NamespacePinner(const Options& options) {
  if (options.pinned.empty()) {
    return;
  }
  request_ = sys::make_pipe();
  answer_ = sys::make_pipe();
  // Our number in the /proc that is mounted, which may be that of another PID namespace than ours.
  const std::string maker = sys::read_link(AT_FDCWD, "/proc/self");
  outside_.emplace(sys::spawn(sys::Memory::copied, {}, [&] {
    request_.write.reset();
    try {
      serve(options, maker, request_.read, answer_.write);
    } catch (const std::exception&) {
      ::_exit(status_failed);  // without an answer, which the other side notices
    }
    ::_exit(0);
  }));
  request_.read.reset();
  answer_.write.reset();
}

void NamespacePinner::pin_all() const {
  if (!outside_) {
    return;
  }
  send_order(request_.write, "k");
  const auto answer = receive_failure(answer_.read);
  if (!answer) {
    throw Failure(status_failed, "cannot keep namespaces: the process outside of them has ended", {});
  }
  if (answer->status != all_kept) {
    throw Failure(*answer);
  }
}

void NamespacePinner::wait() {
  if (outside_) {  // not to be killed: with --owner it is another user's by now
    sys::wait_for(outside_->pidfd(), WEXITED);
    outside_->set_reaped();
  }
}

}  // namespace pidns
