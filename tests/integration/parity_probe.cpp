// Reports what a command sees of the place it runs in, one `name=value` a line. `parity_probe facts` prints
// what the reports are relative to; `parity_probe FACTS [STATUS]` reports, and exits with STATUS;
// with the name of a file instead it is the interpreter that --load-interp has named, and says so.

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr std::array namespaces{
    "cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts"};

using Facts = std::map<std::string, std::string>;

std::string inode(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == -1
             ? "none"
             : std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino);
}

std::string link(const char* path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path, target.data(), target.size());
  return size == -1 ? "none" : std::string(target.data(), static_cast<std::size_t>(size));
}

/// When a clock showed zero, in milliseconds since 1970: moved by as much as the clock is.
long long zero_of(clockid_t clock) {
  const auto milliseconds = [](clockid_t id) {
    timespec now{};
    ::clock_gettime(id, &now);
    return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
  };
  return milliseconds(CLOCK_REALTIME) - milliseconds(clock);
}

Facts read_facts() {
  Facts facts;
  for (const std::string name : namespaces) {
    facts[name] = inode("/proc/self/ns/" + name);
  }
  facts["root"] = inode("/");
  facts["monotonic"] = std::to_string(zero_of(CLOCK_MONOTONIC));
  facts["boottime"] = std::to_string(zero_of(CLOCK_BOOTTIME));
  return facts;
}

Facts parse_facts(const std::string& text) {
  Facts facts;
  std::istringstream stream(text);
  for (std::string fact; std::getline(stream, fact, ',');) {
    const auto equals = fact.find('=');
    facts[fact.substr(0, equals)] = fact.substr(equals + 1);
  }
  return facts;
}

/// The words of a file of /proc/self, the lines of it separated by semicolons.
std::string text_of(const std::string& name) {
  std::ifstream file("/proc/self/" + name);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string all;
    for (std::string word; words >> word;) {
      all += (all.empty() ? "" : " ") + word;
    }
    text += (text.empty() ? "" : "; ") + all;
  }
  return text;
}

void report(const std::string& name, const std::string& value) {
  std::cout << name << '=' << value << '\n';
}

template <typename Numbers>
std::string join(const Numbers& numbers) {
  std::ostringstream text;
  for (const auto& number : numbers) {
    text << (text.tellp() > 0 ? " " : "") << number;
  }
  return text.str();
}

void report_ids() {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  ::getresuid(&real, &effective, &saved);
  report("uid", join(std::array{real, effective, saved}));
  ::getresgid(&real, &effective, &saved);
  report("gid", join(std::array{real, effective, saved}));
  std::vector<gid_t> groups(NGROUPS_MAX);
  groups.resize(static_cast<std::size_t>(std::max(0, ::getgroups(NGROUPS_MAX, groups.data()))));
  report("groups", join(groups));
  report("uid_map", text_of("uid_map"));
  report("gid_map", text_of("gid_map"));
  report("setgroups", text_of("setgroups"));
}

void report_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  ::syscall(SYS_capget, &header, sets.data());
  report("effective", join(std::array{sets[1].effective, sets[0].effective}));
  report("permitted", join(std::array{sets[1].permitted, sets[0].permitted}));
  report("inheritable", join(std::array{sets[1].inheritable, sets[0].inheritable}));
  int ambient = 0;
  int bounding = 0;
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    ambient += ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1 ? 1 : 0;
    bounding += ::prctl(PR_CAPBSET_READ, capability) == 1 ? 1 : 0;
  }
  report("ambient", std::to_string(ambient));
  report("bounding", std::to_string(bounding));
  report("no_new_privileges", std::to_string(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
}

void report_namespaces(const Facts& host, const Facts& here) {
  for (const std::string name : namespaces) {
    const std::string& number = here.at(name);
    report(name, number == "none" ? "none" : number == host.at(name) ? "same" : "new");
  }
  report("number", here.at("pid") == host.at("pid") ? "outside" : std::to_string(::getpid()));
  report("root", here.at("root") == host.at("root") ? "same" : "other");
}

std::string propagation(const std::string& line) {
  std::istringstream words(line.substr(0, line.find(" - ")));
  std::string found;
  for (std::string word; words >> word;) {
    if (word.starts_with("shared:") || word.starts_with("master:")) {
      found += (found.empty() ? "" : "+") + word.substr(0, 6);
    }
  }
  return found.empty() ? "private" : found;
}

/// Counts the mounts by propagation, and names those of kinds that the options mount.
void report_mounts() {
  std::map<std::string, int> counts;
  std::multiset<std::string> named;
  std::ifstream table("/proc/self/mountinfo");
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string id;
    std::string parent;
    std::string device;
    std::string root;
    std::string point;
    std::string flags;
    words >> id >> parent >> device >> root >> point >> flags;
    ++counts[propagation(line)];
    if (line.find(" - proc ") != std::string::npos || line.find(" - binfmt_misc ") != std::string::npos) {
      named.insert(point + " " + flags + " " + propagation(line));
    }
  }
  for (const auto& [kind, count] : counts) {
    report("mounts " + kind, std::to_string(count));
  }
  for (const std::string& mount : named) {
    report("mount", mount);
  }
  const std::string self = link("/proc/self");
  report("proc", self == "none" ? "none" : self == std::to_string(::getpid()) ? "own" : "other");
}

void report_surroundings() {
  std::array<char, PATH_MAX> directory{};
  report("cwd", ::getcwd(directory.data(), directory.size()) == nullptr ? "none" : directory.data());
  std::multiset<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.insert(*variable);
  }
  report("environment", join(variables));
  std::vector<int> open;
  for (int fd = 0; fd < 64; ++fd) {
    if (::syscall(SYS_fcntl, fd, 1 /* F_GETFD */) != -1) {
      open.push_back(fd);
    }
  }
  report("files", join(open));
  const mode_t mask = ::umask(0);
  report("umask", std::to_string(mask));
}

void report_clocks(const Facts& host, const Facts& here) {
  for (const std::string name : {"monotonic", "boottime"}) {
    const long long moved = std::stoll(host.at(name)) - std::stoll(here.at(name));
    constexpr long long second = 1000;
    report(name, std::to_string((moved + (moved < 0 ? -second / 2 : second / 2)) / second));
  }
}

void report_hostname(bool is_new) {
  if (is_new) {
    const bool changed = ::sethostname("inside", 6) == 0;
    std::array<char, 65> name{};
    ::gethostname(name.data(), name.size());
    report("hostname", changed ? name.data() : "refused");
  }
}

void report_signals() {
  sigset_t blocked{};
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  std::vector<int> in_mask;
  std::vector<int> ignored;
  for (int signal = 1; signal < SIGRTMAX; ++signal) {
    struct sigaction action {};
    if (::sigismember(&blocked, signal) == 1) {
      in_mask.push_back(signal);
    }
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      ignored.push_back(signal);
    }
  }
  report("blocked", join(in_mask));
  report("ignored", join(ignored));
  int at_death_of_parent = 0;
  ::prctl(PR_GET_PDEATHSIG, &at_death_of_parent);
  report("at_death_of_parent", std::to_string(at_death_of_parent));
}

}  // namespace

namespace {

/// unshare lets another process bind a namespace to its file, and executes the command without waiting for
/// that.
void wait_until_mounted(const char* file) {
  struct statx facts {};
  while (::statx(AT_FDCWD, file, 0, STATX_BASIC_STATS, &facts) == 0 &&
         (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) {
    ::usleep(1000);  // one that is left behind by a killed test must not keep a processor busy
  }
}

}  // namespace

/// Arguments: FACTS STATUS [FILE...], where each FILE is waited for until it is a mount point.
int main(int argc, char** argv) {
  for (int i = 3; i < argc; ++i) {
    wait_until_mounted(argv[i]);
  }
  const Facts here = read_facts();
  if (argc < 2 || argv[1] == std::string("facts")) {
    for (const auto& [name, value] : here) {
      std::cout << name << '=' << value << ',';
    }
    return argc < 2 ? 3 : 0;
  }
  if (std::string(argv[1]).find('=') == std::string::npos) {
    std::cout << "interpreter of " << argv[1] << '\n';
    return 0;
  }
  const Facts host = parse_facts(argv[1]);
  report_ids();
  report_capabilities();
  report_namespaces(host, here);
  report_mounts();
  report_surroundings();
  report_clocks(host, here);
  report_hostname(here.at("uts") != host.at("uts") && here.at("uts") != "none");
  report_signals();
  return argc > 2 ? std::atoi(argv[2]) : 0;
}
