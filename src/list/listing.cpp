#include "pidns/list/listing.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <unordered_map>

#include "maker_finder.hpp"
#include "pidns/proc/mountinfo.hpp"
#include "pidns/proc/pid_namespace.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/process/name_lookup.hpp"
#include "pidns/process/target.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"
#include "process_files.hpp"

namespace pidns {

namespace {

bool is_forbidden(const sys::Error& error) {
  return error.error() == EACCES || error.error() == EPERM;
}

/// Each argument ends with a zero byte; programs that overwrite theirs leave more zero bytes at the end.
std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  text = text.substr(0, text.find_last_not_of('\0') + 1);
  while (!text.empty()) {
    arguments.emplace_back(consume_until(text, '\0'));
  }
  return arguments;
}

[[noreturn]] void fail(const std::string& reason, std::string_view hint = {}) {
  throw Failure(status_failed, fmt::format("--list: {}", reason), std::string(hint));
}

class Reader {
 public:
  explicit Reader(const std::vector<Target>& targets) : targets_(targets) {}

  Listing read() {
    sys::allow_more_open_files();
    read_self();
    for (const Target& target : targets_) {
      roots_.push_back(find_root(target));
    }
    read_processes();
    std::erase_if(found_, [](const auto& entry) { return entry.second.ns.process_count == 0; });
    add_kept();
    find_parents();
    keep_below_roots();
    return finish();
  }

 private:
  struct Found {
    /// Open, so that the kernel does not reuse the number while we read.
    UniqueFd file;
    Listing::Namespace ns;
  };

  /// Does nothing if this /proc does not show us, as that of a descendant PID namespace.
  void read_self() {
    try {
      const UniqueFd self = sys::open_file(proc_.get(), "self", O_PATH | O_DIRECTORY);
      own_ = pid_namespace_of(self);
      own_levels_ = read_status_at(self.get(), "status", StatusLines::up_to_pids).pids.size();
      mounts_ = sys::read_file(self.get(), "mountinfo");
      hidepid_ = hiding_option(proc_, mounts_);
    } catch (const sys::Error& error) {
      if (!sys::is_gone(error)) {
        throw;
      }
    }
  }

  ino_t find_root(const Target& target) {
    switch (target.kind) {
      case Target::Kind::file:
        return kept_pid_namespace(target, "list");
      case Target::Kind::pid_namespace:
        return target.number;
      case Target::Kind::process:
        break;
    }
    return namespace_of_process(static_cast<pid_t>(target.number));
  }

  ino_t namespace_of_process(pid_t pid) {
    try {
      const UniqueFd process =
          sys::open_file(proc_.get(), fmt::format("{}", pid).c_str(), O_PATH | O_DIRECTORY);
      const auto status = read_status(proc_, pid);
      if (!status) {
        fail_to_find_process(pid);
      }
      if (const ino_t number = visible_number(pid, *status); number != 0) {
        const ino_t made = number == own_ ? made_pid_namespace(process, own_) : 0;
        return made != 0 ? made : number;
      }
    } catch (const sys::Error& error) {
      if (!sys::is_gone(error)) {
        throw;
      }
      fail_to_find_process(pid);
    }
    fail(fmt::format("not permitted to look at the PID namespace of process {}", pid), "run it as root");
  }

  [[noreturn]] void fail_to_find(const Target& target) const {
    if (target.kind == Target::Kind::process) {
      fail_to_find_process(static_cast<pid_t>(target.number));
    }
    fail(fmt::format("no PID namespace that can be seen has the number {}", target.number));
  }

  [[noreturn]] void fail_to_find_process(pid_t pid) const {
    fail(fmt::format("no process has the PID {}", pid),
         hidepid_.empty() ? "" : fmt::format("/proc is mounted with hidepid={}: run it as root", hidepid_));
  }

  /// The number of its PID namespace, or 0 when we may not read it.
  [[nodiscard]] ino_t visible_number(pid_t pid, const ProcStatus& status) const {
    const std::size_t levels = status.pids.size();
    if (levels == 1 && own_levels_ == 1) {
      return own_;  // the only one that high
    }
    // unshare(2) and setns(2) lead children down only, and orphans are adopted in the namespace of their
    // parent, so as many levels as those of the parent are the same ones. To read the number costs a sixth of
    // the listing.
    const auto parent = seen_.find(status.parent);
    if (parent != seen_.end() && parent->second.levels == levels) {
      return parent->second.number;
    }
    try {
      return pid_namespace_of(proc_, pid);
    } catch (const sys::Error& error) {
      if (!is_forbidden(error)) {
        throw;
      }
    }
    return 0;
  }

  [[nodiscard]] bool is_root(ino_t number) const {
    return std::find(roots_.begin(), roots_.end(), number) != roots_.end();
  }

  [[nodiscard]] bool is_in_full(ino_t number) const { return number != own_ || is_root(own_); }

  /// Processes in fewer PID namespaces are only counted.
  [[nodiscard]] std::size_t least_levels() const { return own_levels_ == 1 && !is_in_full(own_) ? 2 : 1; }

  void read_processes() {
    std::vector<pid_t> pids;
    for (const std::string& name : sys::list_directory(proc_.get(), ".")) {  // the kernel sorts them by PID
      if (const auto pid = leading_number<pid_t>(name); pid > 0) {
        pids.push_back(pid);
      }
    }
    auto files = read_process_files(proc_, pids, least_levels());
    for (std::size_t i = 0; i < pids.size(); ++i) {
      add_process(pids[i], std::move(files[i]));
    }
  }

  /// By its PID still, a moment after the files were read: the kernel gives all other numbers before it gives
  /// one again.
  void add_process(pid_t pid, ProcessFiles files) {
    try {
      if (files.failure) {
        std::rethrow_exception(files.failure);
      }
      const ino_t number = visible_number(pid, files.status);
      if (number == 0) {
        ++hidden_;
        return;
      }
      seen_[pid] = {.number = number, .levels = files.status.pids.size()};
      Found& found = found_[number];
      if (files.status.pids.size() < least_levels()) {
        ++found.ns.process_count;
        return;
      }
      if (!found.file.valid()) {
        found.file = sys::open_file(proc_.get(), fmt::format("{}/ns/pid", pid).c_str(), O_RDONLY);
      }
      found.ns.processes.push_back(details_of(std::move(files)));
      ++found.ns.process_count;
    } catch (const sys::Error& error) {
      if (is_forbidden(error)) {
        ++hidden_;
      } else if (!sys::is_gone(error)) {
        throw;
      }
    }
  }

  Listing::Process details_of(ProcessFiles files) {
    return {.pids = std::move(files.status.pids),
            .parent = files.status.parent,
            .user = user_name(files.status.user),
            .user_id = files.status.user,
            .state = files.status.state,
            .name = std::move(files.status.name),
            .arguments = split_arguments(files.command_line)};
  }

  std::string user_name(uid_t id) {
    if (users_.empty()) {
      users_ = read_users();
    }
    const auto user = std::find_if(users_.begin(), users_.end(), [&](const User& u) { return u.id == id; });
    return user == users_.end() ? fmt::format("{}", id) : user->name;
  }

  void add_kept() {
    for (KeptNamespace& kept : kept_pid_namespaces(mounts_)) {
      Found& found = found_[kept.number];
      if (!found.file.valid()) {
        found.file = open_kept(kept);
      }
      found.ns.kept_in.push_back(std::move(kept.file));
    }
  }

  /// @return not valid when the file cannot be reached, or another mount covers it
  static UniqueFd open_kept(const KeptNamespace& kept) {
    return sys::or_default_on_error([&] {
      const UniqueFd path = sys::open_file(AT_FDCWD, kept.file.c_str(), O_PATH);
      return sys::keeps_namespace(path) && sys::inode_of(path) == kept.number
                 ? sys::open_file(AT_FDCWD, kept.file.c_str(), O_RDONLY)
                 : UniqueFd();
    });
  }

  /// Also adds the namespaces in between whose processes are all hidden.
  void find_parents() {
    std::vector<ino_t> pending;
    for (const auto& [number, found] : found_) {
      pending.push_back(number);
    }
    while (!pending.empty()) {
      Found& child = found_[pending.back()];
      pending.pop_back();
      UniqueFd parent = child.file.valid() ? sys::parent_namespace(child.file) : UniqueFd();
      if (!parent.valid()) {
        child.ns.parent = guess_parent(child.ns);
        continue;
      }
      child.ns.parent = sys::inode_of(parent);
      if (!found_.contains(child.ns.parent)) {
        pending.push_back(child.ns.parent);
        found_[child.ns.parent].file = std::move(parent);
      }
    }
  }

  /// How far down a namespace is; 0: unknown.
  [[nodiscard]] std::size_t levels_of(ino_t number, const Listing::Namespace& ns) const {
    return number == own_ ? own_levels_ : ns.processes.empty() ? 0 : ns.processes.front().pids.size();
  }

  /// The kernel shows no process the ancestors of its own namespace: ioctl_ns(2). So this takes the namespace
  /// of the process that made this one, else the topmost.
  ino_t guess_parent(const Listing::Namespace& ns) {
    const Listing::Process* first = first_process(ns);
    ino_t top = 0;
    for (const auto& [number, other] : found_) {
      const std::size_t levels = levels_of(number, other.ns);
      if (first == nullptr || levels == 0 || levels >= first->pids.size()) {
        continue;
      }
      top = levels == 1 ? number : top;
      const auto& candidates = other.ns.processes;
      if (std::any_of(candidates.begin(), candidates.end(),
                      [&](const auto& process) { return process.pids.front() == first->parent; })) {
        return number;
      }
    }
    return top;
  }

  [[nodiscard]] bool is_below_root(ino_t number) const {
    while (number != 0 && !is_root(number)) {
      const auto found = found_.find(number);
      number = found == found_.end() ? 0 : found->second.ns.parent;
    }
    return number != 0;
  }

  void keep_below_roots() {
    if (roots_.empty()) {
      return;
    }
    for (std::size_t i = 0; i < roots_.size(); ++i) {
      if (!found_.contains(roots_[i])) {
        fail_to_find(targets_[i]);
      }
    }
    std::set<ino_t> kept;
    for (const auto& [number, found] : found_) {
      if (is_below_root(number)) {
        kept.insert(number);
      }
    }
    std::erase_if(found_, [&](const auto& entry) { return !kept.contains(entry.first); });
  }

  Listing finish() {
    Listing listing;
    listing.hidden_processes = hidden_;
    listing.hidepid = hidepid_;
    MakerFinder makers(proc_);
    for (auto& [number, found] : found_) {
      Listing::Namespace& ns = found.ns;
      ns.number = number;
      ns.own = number == own_;
      ns.user_namespace = found.file.valid() ? sys::owning_user_namespace(found.file) : 0;
      if (is_in_full(number)) {
        ns.maker = makers.find(ns);
      } else {
        ns.processes.clear();
      }
      listing.namespaces.push_back(std::move(ns));
    }
    return listing;
  }

  /// The PID namespace of a process, and how far down it is.
  struct Place {
    ino_t number;
    std::size_t levels;
  };

  UniqueFd proc_ = sys::open_directory("/proc", "cannot open /proc");
  const std::vector<Target>& targets_;
  ino_t own_ = 0;
  std::size_t own_levels_ = 0;
  std::vector<ino_t> roots_;  // the listing is limited to these namespaces and those below; empty: no limit
  std::string mounts_;
  std::string hidepid_;
  std::size_t hidden_ = 0;
  std::vector<User> users_;
  std::map<ino_t, Found> found_;
  std::unordered_map<pid_t, Place> seen_;
};

}  // namespace

const Listing::Process* first_process(const Listing::Namespace& ns) {
  const auto first =
      std::min_element(ns.processes.begin(), ns.processes.end(),
                       [](const auto& a, const auto& b) { return a.pids.back() < b.pids.back(); });
  return first == ns.processes.end() ? nullptr : &*first;
}

Listing read_listing(const std::vector<Target>& targets) {
  return Reader(targets).read();
}

}  // namespace pidns
