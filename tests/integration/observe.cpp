#include "observe.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace harness {

namespace {

/// All that /proc shows, by PID.
std::vector<pid_t> all_processes() {
  std::vector<pid_t> processes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      processes.push_back(std::stoi(name));
    }
  }
  std::sort(processes.begin(), processes.end());
  return processes;
}

}  // namespace

void wait_until(const std::string& what, const std::function<bool()>& condition) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > deadline) {
      throw std::runtime_error("waited in vain for " + what);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // between two looks, not instead of one
  }
}

std::string read_file(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // where an iterator would throw if a process ends while its file is read
  return text.str();
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) {
    throw std::runtime_error("cannot write " + path);
  }
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    found.emplace_back(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return found;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::string status_field(pid_t pid, std::string_view key) {
  for (const std::string& line : lines(read_file("/proc/" + std::to_string(pid) + "/status"))) {
    if (line.starts_with(key) && line.size() > key.size() + 1 && line[key.size()] == ':') {
      return line.substr(key.size() + 2);
    }
  }
  return {};
}

char process_state(pid_t pid) {
  const std::string state = status_field(pid, "State");
  return state.empty() ? '\0' : state.front();
}

bool has_ended(pid_t pid) {
  const char state = process_state(pid);
  return state == 'Z' || state == '\0';
}

std::vector<pid_t> other_processes() {
  std::vector<pid_t> processes = all_processes();
  std::erase(processes, ::getpid());
  return processes;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children = all_processes();
  std::erase_if(children, [&](pid_t child) { return status_field(child, "PPid") != std::to_string(pid); });
  return children;
}

pid_t only_child_of(pid_t pid) {
  const std::vector<pid_t> children = children_of(pid);
  if (children.size() != 1) {
    throw std::runtime_error("process " + std::to_string(pid) + " has " + std::to_string(children.size()) +
                             " children");
  }
  return children.front();
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::vector<pid_t> found = children_of(pid);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::vector<pid_t> next = children_of(found[i]);
    found.insert(found.end(), next.begin(), next.end());
  }
  return found;
}

pid_t find_descendant(pid_t pid, const std::string& name) {
  for (const pid_t descendant : descendants_of(pid)) {
    if (read_file("/proc/" + std::to_string(descendant) + "/comm") == name + "\n") {
      return descendant;
    }
  }
  return 0;
}

bool has_slept(pid_t pid, std::vector<std::string>& looks) {
  std::vector<std::string> now;
  std::vector<pid_t> processes = descendants_of(pid);
  processes.push_back(pid);
  bool all_sleep = true;
  for (const pid_t process : processes) {
    all_sleep = all_sleep && process_state(process) == 'S';
    now.push_back(std::to_string(process) + " " + status_field(process, "voluntary_ctxt_switches") + " " +
                  status_field(process, "nonvoluntary_ctxt_switches"));
  }
  return std::exchange(looks, now) == now && all_sleep;
}

ino_t namespace_of(pid_t pid, const std::string& name) {
  struct stat facts {};
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + name;
  return ::stat(path.c_str(), &facts) == -1 ? 0 : facts.st_ino;
}

std::vector<pid_t> processes_in_namespace(ino_t pid_namespace) {
  std::vector<pid_t> processes = all_processes();
  std::erase_if(processes, [&](pid_t pid) { return namespace_of(pid, "pid") != pid_namespace; });
  return processes;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "pidns-test-XXXXXX";
  // The user nobody must be able to look inside.
  if (::mkdtemp(name.data()) == nullptr || ::chmod(name.c_str(), 0755) == -1) {
    throw std::runtime_error("cannot make " + name + ": " + std::strerror(errno));
  }
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace harness
