#include "pidns/users.hpp"

#include <pwd.h>

#include <cstdio>
#include <memory>

namespace pidns {

std::vector<User> read_users() {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/etc/passwd", "re"), std::fclose);
  std::vector<User> users;
  while (file) {
    const passwd* entry = ::fgetpwent(file.get());  // NOLINT(concurrency-mt-unsafe): there is one thread
    if (entry == nullptr) {
      break;
    }
    users.push_back({entry->pw_uid, entry->pw_name, entry->pw_shell});
  }
  return users;
}

}  // namespace pidns
