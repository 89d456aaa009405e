#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// What a test sees in files and in /proc.
namespace harness {

/// Far beyond what any step takes, also on a machine with ten times the work it can do: only a hang gets
/// there.
constexpr std::chrono::minutes patience{3};

/// Polls until something is true; fails the test, naming `what`, when `patience` is over.
void wait_until(const std::string& what, const std::function<bool()>& condition);

/// The text of a file; empty if it cannot be read.
std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);
std::vector<std::string> lines(std::string_view text);
/// What stands between spaces and line ends.
std::vector<std::string> words(const std::string& text);
/// The value of a line `Key:\tvalue` of /proc/PID/status; empty if there is none.
std::string status_field(pid_t pid, std::string_view key);
/// The letter of the State line; 0 when there is no such process.
char process_state(pid_t pid);
/// Whether a process is a zombie, or gone.
bool has_ended(pid_t pid);
/// All processes but this one; for a test that runs alone.
std::vector<pid_t> other_processes();
std::vector<pid_t> children_of(pid_t pid);
/// Fails the test unless there is exactly one.
pid_t only_child_of(pid_t pid);
/// Children, their children, and so on.
std::vector<pid_t> descendants_of(pid_t pid);
/// The first descendant whose program has this name; 0 if there is none.
pid_t find_descendant(pid_t pid, const std::string& name);
/// Whether a process and its descendants sleep, and have done so since the last call with these looks.
bool has_slept(pid_t pid, std::vector<std::string>& looks);
/// The inode number of /proc/PID/ns/NAME.
ino_t namespace_of(pid_t pid, const std::string& name);
/// Every process whose PID namespace is this one, as seen from the host.
std::vector<pid_t> processes_in_namespace(ino_t pid_namespace);

/// A directory that is removed with all it holds.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace harness
