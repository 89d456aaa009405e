#include "pidns/list/listing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "pidns/list/json.hpp"
#include "pidns/list/tree.hpp"
#include "pidns/proc/mountinfo.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/process/name_lookup.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/terminal.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

bool is_forbidden(const sys::Error& error) {
  return error.error() == EACCES || error.error() == EPERM;
}

ProcStatus status_of(const UniqueFd& process) {
  return read_status_at(process.get(), "status");
}

/// The number in `pid:[4026531836]`, the target of ns/pid.
ino_t pid_namespace_of(const UniqueFd& process) {
  const std::string link = sys::read_link(process.get(), "ns/pid");
  return leading_number<ino_t>(std::string_view(link).substr(std::min(link.size(), std::strlen("pid:["))));
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

/// Whether we may trace every process, so that hidepid= hides none from us.
bool sees_everything(const UniqueFd& self) {
  constexpr std::string_view first_user_namespace = "         0          0 4294967295\n";
  return sys::has_capability(CAP_SYS_PTRACE) && sys::read_file(self.get(), "uid_map") == first_user_namespace;
}

class Reader {
 public:
  explicit Reader(std::optional<pid_t> only) : only_(only) {}

  Listing read() {
    sys::allow_more_open_files();
    read_self();
    if (only_) {
      root_ = find_root(*only_);
    }
    for (const std::string& name : sys::list_directory(proc_.get(), ".")) {
      if (const auto pid = leading_number<pid_t>(name); pid > 0) {
        read_process(pid);
      }
    }
    std::erase_if(found_, [](const auto& entry) { return entry.second.ns.process_count == 0; });
    find_parents();
    keep_below_root();
    return finish();
  }

 private:
  struct Found {
    /// Open, so that the kernel does not reuse the number while we read.
    UniqueFd file;
    Listing::Namespace ns;
  };

  UniqueFd open_process(pid_t pid) {
    return sys::open_file(proc_.get(), fmt::format("{}", pid).c_str(), O_PATH | O_DIRECTORY);
  }

  /// Does nothing if this /proc does not show us, as that of a descendant PID namespace.
  void read_self() {
    try {
      const UniqueFd self = sys::open_file(proc_.get(), "self", O_PATH | O_DIRECTORY);
      own_ = pid_namespace_of(self);
      own_levels_ = status_of(self).pids.size();
      const std::string mounts = sys::read_file(self.get(), "mountinfo");
      hidepid_ = filesystem_option(mounts, sys::mount_of(proc_), "hidepid");
      if (!hidepid_.empty() && sees_everything(self)) {
        hidepid_.clear();
      }
    } catch (const sys::Error& error) {
      if (!sys::is_gone(error)) {
        throw;
      }
    }
  }

  [[noreturn]] static void throw_no_process(pid_t pid) {
    throw Failure(status_failed, fmt::format("--list: no process has the PID {}", pid), "");
  }

  ino_t find_root(pid_t pid) {
    try {
      if (const ino_t number = visible_number(open_process(pid)); number != 0) {
        return number;
      }
    } catch (const sys::Error& error) {
      if (!sys::is_gone(error)) {
        throw;
      }
      throw_no_process(pid);
    }
    throw Failure(status_failed,
                  fmt::format("--list: not permitted to look at the PID namespace of process {}", pid),
                  "run it as root");
  }

  /// The number of its PID namespace, or 0 when we may not read it.
  [[nodiscard]] ino_t visible_number(const UniqueFd& process) const {
    try {
      return pid_namespace_of(process);
    } catch (const sys::Error& error) {
      if (!is_forbidden(error)) {
        throw;
      }
    }
    // Its status shows its level all the same, and there is only one namespace on the first.
    return own_levels_ == 1 && status_of(process).pids.size() == 1 ? own_ : 0;
  }

  [[nodiscard]] bool is_in_full(ino_t number) const { return number != own_ || root_ == own_; }

  void read_process(pid_t pid) {
    try {
      const UniqueFd process = open_process(pid);  // cannot become another process, even if the PID is reused
      const ino_t number = visible_number(process);
      if (number == 0) {
        ++hidden_;
        return;
      }
      Found& found = found_[number];
      if (number == own_ && own_levels_ == 1 && !is_in_full(number)) {
        ++found.ns.process_count;
        return;
      }
      if (!found.file.valid()) {
        found.file = sys::open_file(process.get(), "ns/pid", O_RDONLY);
      }
      found.ns.processes.push_back(read_details(process));
      ++found.ns.process_count;
    } catch (const sys::Error& error) {
      if (is_forbidden(error)) {
        ++hidden_;
      } else if (!sys::is_gone(error)) {
        throw;
      }
    }
  }

  Listing::Process read_details(const UniqueFd& process) {
    ProcStatus status = status_of(process);
    return {.pids = std::move(status.pids),
            .parent = status.parent,
            .user = user_name(status.user),
            .user_id = status.user,
            .state = status.state,
            .name = std::move(status.name),
            .arguments = split_arguments(sys::read_file(process.get(), "cmdline"))};
  }

  std::string user_name(uid_t id) {
    if (users_.empty()) {
      users_ = read_users();
    }
    const auto user = std::find_if(users_.begin(), users_.end(), [&](const User& u) { return u.id == id; });
    return user == users_.end() ? fmt::format("{}", id) : user->name;
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

  static std::size_t levels_of(const Listing::Namespace& ns) {
    return ns.processes.empty() ? 0 : ns.processes.front().pids.size();
  }

  /// The kernel shows no process the ancestors of its own namespace: ioctl_ns(2). So this takes the namespace
  /// of the process that made this one, else the topmost.
  ino_t guess_parent(const Listing::Namespace& ns) {
    const Listing::Process* first = first_process(ns);
    ino_t top = 0;
    for (const auto& [number, other] : found_) {
      if (first == nullptr || levels_of(other.ns) == 0 || levels_of(other.ns) >= levels_of(ns)) {
        continue;
      }
      top = levels_of(other.ns) == 1 ? number : top;
      const auto& candidates = other.ns.processes;
      if (std::any_of(candidates.begin(), candidates.end(),
                      [&](const auto& process) { return process.pids.front() == first->parent; })) {
        return number;
      }
    }
    return top;
  }

  [[nodiscard]] bool is_below_root(ino_t number) const {
    while (number != 0 && number != root_) {
      const auto found = found_.find(number);
      number = found == found_.end() ? 0 : found->second.ns.parent;
    }
    return number != 0;
  }

  void keep_below_root() {
    if (root_ == 0) {
      return;
    }
    if (!found_.contains(root_)) {
      throw_no_process(*only_);
    }
    std::set<ino_t> kept;
    for (const auto& [number, found] : found_) {
      if (is_below_root(number)) {
        kept.insert(number);
      }
    }
    std::erase_if(found_, [&](const auto& entry) { return !kept.contains(entry.first); });
    found_.at(root_).ns.parent = 0;
  }

  std::optional<Listing::Maker> find_maker(const Listing::Namespace& ns) {
    const Listing::Process* first = first_process(ns);
    if (first == nullptr || first->pids.back() != 1 || first->parent == 0) {
      return std::nullopt;
    }
    try {
      const ProcStatus status = status_of(open_process(first->parent));
      return Listing::Maker{.pid = first->parent,
                            .name = status.name,
                            .is_pid_1 = !status.pids.empty() && status.pids.back() == 1};
    } catch (const sys::Error& error) {
      if (!sys::is_gone(error) && !is_forbidden(error)) {
        throw;
      }
      return std::nullopt;
    }
  }

  Listing finish() {
    Listing listing;
    listing.hidden_processes = hidden_;
    listing.hidepid = hidepid_;
    for (auto& [number, found] : found_) {
      Listing::Namespace& ns = found.ns;
      ns.number = number;
      ns.own = number == own_;
      if (is_in_full(number)) {
        ns.maker = find_maker(ns);
        std::sort(ns.processes.begin(), ns.processes.end(),
                  [](const auto& a, const auto& b) { return a.pids < b.pids; });
      } else {
        ns.processes.clear();
      }
      listing.namespaces.push_back(std::move(ns));
    }
    return listing;
  }

  UniqueFd proc_ = sys::open_directory("/proc", "cannot open /proc");
  std::optional<pid_t> only_;
  ino_t own_ = 0;
  std::size_t own_levels_ = 0;
  ino_t root_ = 0;  // the listing is limited to this namespace and those below; 0: no limit
  std::string hidepid_;
  std::size_t hidden_ = 0;
  std::vector<User> users_;
  std::map<ino_t, Found> found_;
};

}  // namespace

const Listing::Process* first_process(const Listing::Namespace& ns) {
  const auto first =
      std::min_element(ns.processes.begin(), ns.processes.end(),
                       [](const auto& a, const auto& b) { return a.pids.back() < b.pids.back(); });
  return first == ns.processes.end() ? nullptr : &*first;
}

Listing read_listing(std::optional<pid_t> pid) {
  return Reader(pid).read();
}

std::string list_namespaces(const ListRequest& request) {
  const Listing listing = read_listing(request.pid);
  return request.json ? to_json(listing) : to_text(listing, sys::stdout_width());
}

}  // namespace pidns
