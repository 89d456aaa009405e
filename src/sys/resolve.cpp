#include "pidns/sys/resolve.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "call.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/text.hpp"

namespace pidns::sys {

namespace {

constexpr int most_links = 40;  // MAXSYMLINKS in include/linux/namei.h

/// Opens a file without following a symbolic link at the end of its path.
UniqueFd open_itself(int directory, const std::string& path, const std::string& context) {
  UniqueFd file =
      above_stdio(retry([&] { return ::openat(directory, path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC); }));
  if (!file.valid()) {
    throw_error(Syscall::open, errno, context);
  }
  return file;
}

void count_link(int& links, const std::string& context) {
  if (++links > most_links) {
    throw_error(Syscall::open, ELOOP, context);
  }
}

}  // namespace

UniqueFd open_directory_in_root(const UniqueFd& root, const char* path, std::string_view context) {
  const std::string what(context);
  std::vector<UniqueFd> way;  // from the root to the directory that is reached
  way.push_back(open_itself(root.get(), ".", what));
  std::string rest = path;
  int links = 0;
  while (!rest.empty()) {
    std::string_view text = rest;
    const std::string name(consume_until(text, '/'));
    rest = std::string(text);
    if (name.empty() || name == ".") {
      continue;
    }
    if (name == "..") {
      if (way.size() > 1) {
        way.pop_back();
      }
      continue;
    }
    UniqueFd next = open_itself(way.back().get(), name, what);
    const mode_t mode = facts_of(next, what).st_mode;
    if (S_ISLNK(mode)) {
      count_link(links, what);
      const std::string target = read_link(next.get(), "");
      if (target.starts_with('/')) {
        way.erase(way.begin() + 1, way.end());
      }
      rest = fmt::format("{}/{}", target, rest);
    } else if (S_ISDIR(mode)) {
      way.push_back(std::move(next));
    } else {
      throw_error(Syscall::open, ENOTDIR, what);
    }
  }
  return std::move(way.back());
}

bool is_same_directory(Place one, Place other, const char* context) {
  const auto look_at = [context](Place place) {
    struct stat facts {};
    if (retry([&] { return ::fstatat(place.directory, place.path, &facts, 0); }) == -1) {
      throw_error(Syscall::stat, errno, context);
    }
    return facts;
  };
  const auto facts = look_at(one);
  const auto others = look_at(other);
  return facts.st_dev == others.st_dev && facts.st_ino == others.st_ino;
}

UniqueFd open_mount_target(std::string path, const std::string& context) {
  for (int links = 0;;) {
    UniqueFd file = open_itself(AT_FDCWD, path, context);
    const struct stat facts = facts_of(file, context);
    if (!S_ISLNK(facts.st_mode)) {
      return file;
    }
    if (facts.st_uid != 0 && facts.st_uid != ::geteuid()) {
      throw_error(Syscall::open, EACCES, fmt::format("{}: a symbolic link of another user", context));
    }
    count_link(links, context);
    const std::string target = read_link(file.get(), "");
    const std::size_t slash = path.rfind('/');
    path =
        target.starts_with('/') || slash == std::string::npos ? target : path.substr(0, slash + 1) + target;
  }
}

}  // namespace pidns::sys
