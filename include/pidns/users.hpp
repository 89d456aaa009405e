#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace pidns {

struct User {
  uid_t id;
  std::string name;
  std::string shell;
};

/// The users in /etc/passwd, in its order. Not by getpwuid(3): a static program must not load NSS modules.
std::vector<User> read_users();

}  // namespace pidns
