#include "pidns/process/name_lookup.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "pidns/process/subprocess.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// A line of either file, `NAME:PASSWORD:ID:...`; only /etc/passwd has a shell, in the last field of seven.
struct Entry {
  std::string_view name;
  std::optional<unsigned> id;
  std::string_view shell;
};

/// Removes the first line of a text and returns what it says.
Entry consume_entry(std::string_view& text) {
  std::string_view line = consume_until(text, '\n');
  const bool is_comment = line.starts_with('#');
  const std::string_view name = consume_until(line, ':');
  consume_until(line, ':');
  const auto id = is_comment ? std::nullopt : parse_id(consume_until(line, ':'));
  consume_until(line, ':');  // group
  consume_until(line, ':');  // real name
  consume_until(line, ':');  // home
  return {.name = name, .id = id, .shell = line};
}

std::string_view database(IdKind kind) {
  return kind == IdKind::user ? "passwd" : "group";
}

std::string read_local(IdKind kind) {
  return sys::try_read_file(AT_FDCWD, fmt::format("/etc/{}", database(kind)));  // NSS may do without it
}

/// @return lines in the form of the file; empty if it knows no such key, or is not installed
std::string ask_nss(IdKind kind, const std::string& key) {
  return run_and_capture({"getent", std::string(database(kind)), "--", key}, STDOUT_FILENO).output;
}

}  // namespace

std::vector<User> read_users() {
  return users_in(read_local(IdKind::user));
}

std::optional<unsigned> find_id(IdKind kind, const std::string& name) {
  const auto id = id_in(read_local(kind), name);
  return id ? id : id_in(ask_nss(kind, name), name);
}

std::string find_name(IdKind kind, unsigned id) {
  std::string name = name_in(read_local(kind), id);
  return name.empty() ? name_in(ask_nss(kind, fmt::format("{}", id)), id) : name;
}

std::vector<User> users_in(std::string_view text) {
  std::vector<User> users;
  while (!text.empty()) {
    const Entry entry = consume_entry(text);
    if (entry.id) {
      users.push_back({*entry.id, std::string(entry.name), std::string(entry.shell)});
    }
  }
  return users;
}

std::optional<unsigned> id_in(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const Entry entry = consume_entry(text);
    if (entry.name == name && entry.id) {
      return entry.id;
    }
  }
  return std::nullopt;
}

std::string name_in(std::string_view text, unsigned id) {
  while (!text.empty()) {
    const Entry entry = consume_entry(text);
    if (entry.id == id) {
      return std::string(entry.name);
    }
  }
  return {};
}

}  // namespace pidns
