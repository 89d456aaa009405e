#include "pidns/launch/effective_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "pidns/explain/call_effects.hpp"
#include "pidns/launch/environment.hpp"
#include "pidns/launch/join.hpp"
#include "pidns/launch/user_namespace.hpp"
#include "pidns/process/name_lookup.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/ids.hpp"

namespace pidns {

namespace {

std::string login_shell() {
  for (const User& user : read_users()) {
    if (user.id == ::getuid()) {
      return user.shell;
    }
  }
  return {};
}

/// The shell of the environment that COMMAND is to get, else that of the user.
std::string default_command(const Options& options) {
  const bool is_kept = !options.environment || is_named("SHELL", *options.environment);
  const char* shell = is_kept ? std::getenv("SHELL") : nullptr;
  const std::string command = shell != nullptr && *shell != '\0' ? shell : login_shell();
  return command.empty() ? "/bin/sh" : command;
}

bool is_existing_init(const Options& options) {
  return options.only_init_named && !options.new_session && !options.json_status_fd &&
         options.pinned.empty() && options.namespaces == (CLONE_NEWPID | CLONE_NEWNS) && ::getpid() == 1;
}

/// Without privilege every other namespace needs a user namespace around it: user_namespaces(7).
bool needs_user_namespace(const Options& options) {
  // Its map of one group would deny setgroups(2), which contradicts --setgroups=allow.
  return (options.namespaces & CLONE_NEWUSER) == 0 && !options.join && options.automatic_user_namespace &&
         !options.setgroups && !can_create_namespaces();
}

/// @return the ID of the name, where one is given, else `number`
std::optional<unsigned> look_up(IdKind kind, const std::string& name, std::optional<unsigned> number) {
  const auto id = name.empty() ? number : find_id(kind, name);
  if (!name.empty() && !id) {
    const bool is_user = kind == IdKind::user;
    throw Failure(
        status_failed,
        fmt::format("--set{}: unknown {} '{}'", is_user ? "uid" : "gid", is_user ? "user" : "group", name),
        {});
  }
  return id;
}

}  // namespace

Options complete(const Options& requested, Narrator& narrator, Log& log) {
  Options options = requested;
  if (options.command.empty()) {
    options.command = {default_command(options)};
  }
  options.caller_is_root = ::geteuid() == 0;
  if (options.join) {
    options.join->number = static_cast<std::uint64_t>(find_process_to_join(*options.join));
  }
  options.user = look_up(IdKind::user, options.user_name, options.user);
  options.group = look_up(IdKind::group, options.group_name, options.group);
  if (is_existing_init(options)) {
    log.warn("already PID 1: --init runs COMMAND in this PID namespace");
    options.namespaces = 0;
    options.mount_proc.reset();
  } else if (needs_user_namespace(options)) {
    log.info("no CAP_SYS_ADMIN: adding a user namespace that maps the current user and group to themselves");
    narrator.narrate(describe_added_user_namespace);
    const Ids ids = current_ids();
    options.users.current = fmt::format("{}", ids.user);
    options.groups.current = fmt::format("{}", ids.group);
    options.namespaces |= CLONE_NEWUSER;
  }
  return options;
}

bool uses_existing_init(const Options& options) {
  return options.init && options.namespaces == 0;
}

}  // namespace pidns
