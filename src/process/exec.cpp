#include "pidns/process/exec.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "pidns/process/exec_diagnosis.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

bool exists(const std::string& file) {
  return sys::exists(AT_FDCWD, file.c_str());
}

/// Whether a command is not looked up in PATH.
bool names_file(std::string_view command) {
  return command.empty() || command.find('/') != std::string_view::npos;
}

/// The files that a command without a slash may mean, in the order of PATH.
std::vector<std::string> files_in_path(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> files;
  // With one more colon, an empty directory at the end is found like all others.
  const std::string terminated = fmt::format("{}:", path != nullptr ? path : "/bin:/usr/bin");
  std::string_view directories = terminated;
  while (!directories.empty()) {
    const std::string_view directory = consume_until(directories, ':');
    files.push_back(fmt::format("{}{}{}", directory, directory.empty() ? "" : "/", name));
  }
  return files;
}

/// execve(2) with execvp(3)'s rule for a script without `#!`. Returns errno, and only when it failed.
int execute(const char* file, const std::vector<char*>& arguments) {
  const int error = sys::execute(file, arguments);
  if (error != ENOEXEC || is_elf(start_of(file))) {
    return error;
  }
  std::string shell = "/bin/sh";
  std::string script = file;
  std::vector<char*> words = arguments;
  words.front() = script.data();
  words.insert(words.begin(), shell.data());
  return sys::execute(shell.c_str(), words);
}

/// Whether execvp(3) tries the next directory of PATH after this error.
bool try_next(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE || error == ENODEV ||
         error == ETIMEDOUT;
}

struct Attempt {
  std::string file;  ///< empty: there is none of that name in PATH
  int error;
};

/// Tries the files that the command may mean. @return the attempt that says most about why none could be
/// executed
Attempt try_all(const std::vector<char*>& arguments) {
  const char* name = arguments.front();
  if (names_file(name)) {
    const int error = execute(name, arguments);  // before its name takes memory: see execute_command()
    return {name, error};
  }
  Attempt attempt{{}, ENOENT};
  const std::vector<std::string> files = files_in_path(name);
  for (const std::string& file : files) {
    const int error = execute(file.c_str(), arguments);
    if (!try_next(error)) {
      return {file, error};
    }
    if (error == EACCES && attempt.error == ENOENT) {
      attempt = {file, error};
    }
  }
  // A file that is there gets ENOENT too, when its interpreter is missing.
  const auto found = std::find_if(files.begin(), files.end(), exists);
  if (attempt.error == ENOENT && found != files.end()) {
    attempt.file = *found;
  }
  return attempt;
}

}  // namespace

bool is_in_path(const std::string& name) {
  if (names_file(name)) {
    return exists(name);
  }
  const std::vector<std::string> files = files_in_path(name);
  return std::any_of(files.begin(), files.end(), exists);
}

std::vector<char*> arguments_of(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execve(2) does not write to them
  }
  arguments.push_back(nullptr);
  return arguments;
}

void execute_command(const std::vector<char*>& arguments, const sys::SyscallObserver& observer,
                     const std::function<void()>& last_step) {
  if (observer) {
    observer(sys::Execute{arguments}, std::nullopt);
  }
  if (last_step) {
    last_step();
  }
  const Attempt attempt = try_all(arguments);
  if (observer) {
    observer(sys::Execute{arguments}, sys::Result{.value = -1, .error = attempt.error});
  }
  const bool found = attempt.error != ENOENT || exists(attempt.file);
  // A file whose interpreter is missing is not found either: to env(1), nohup(1), timeout(1) and every shell.
  throw Failure(attempt.error == ENOENT ? status_not_found : status_cannot_execute,
                fmt::format("cannot execute '{}': {}", arguments.front(), std::strerror(attempt.error)),
                found ? diagnose_exec(attempt.file, attempt.error) : std::string{});
}

}  // namespace pidns
