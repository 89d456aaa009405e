#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/util/ids.hpp"

namespace pidns {

struct User {
  uid_t id;
  std::string name;
  std::string shell;
};

/// The users in /etc/passwd, in its order. Not by getpwuid(3): a static program must not load NSS modules.
std::vector<User> read_users();

/// Finds names and numbers of users and groups: in /etc/passwd and /etc/group, and if they are not there, as
/// those of a directory service are not, by getent(1), which asks NSS.
std::optional<unsigned> find_id(IdKind kind, const std::string& name);
/// @return empty if there is none
std::string find_name(IdKind kind, unsigned id);

/// The users in the text of /etc/passwd: passwd(5).
std::vector<User> users_in(std::string_view text);
/// Looks for a name, or for an id, in the text of /etc/passwd or /etc/group: passwd(5), group(5).
std::optional<unsigned> id_in(std::string_view text, std::string_view name);
std::string name_in(std::string_view text, unsigned id);

}  // namespace pidns
