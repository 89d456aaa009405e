#include "pidns/process/name_lookup.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr std::string_view passwd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "# comment\n"
    "\n"
    "broken:x\n"
    "broken:x:y:0::/:\n"
    "broken:x:7:7::/:\n"
    "last:x:8:8::/:";

/// Puts a program of this name first in PATH, for as long as it lives.
class ProgramInPath {
 public:
  ProgramInPath(const std::string& name, const std::string& script) : before_(std::getenv("PATH")) {
    std::string directory = "/tmp/pidns-users-XXXXXX";
    directory_ = ::mkdtemp(directory.data());
    const auto file = directory_ / name;
    std::ofstream(file) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(file, std::filesystem::perms(0755));
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    ::setenv("PATH", (directory_.string() + ":" + before_).c_str(), 1);
    if (is_root_) {  // who takes programs from the directories of the system alone
      REQUIRE(::seteuid(65534) == 0);
    }
  }
  ProgramInPath(const ProgramInPath&) = delete;
  ProgramInPath& operator=(const ProgramInPath&) = delete;
  ~ProgramInPath() {
    if (is_root_) {
      CHECK(::seteuid(0) == 0);
    }
    ::setenv("PATH", before_.c_str(), 1);
    std::filesystem::remove_all(directory_);
  }

 private:
  bool is_root_ = ::geteuid() == 0;
  std::string before_;
  std::filesystem::path directory_;
};

}  // namespace

TEST_CASE("the users of a passwd file have their shells", "[name_lookup]") {
  const auto users = users_in(std::string(passwd) + "\nno shell:x:9:9:::\n#root:x:0:0::/:/bin/false\n");
  std::string found;
  for (const User& user : users) {
    found += std::to_string(user.id) + " " + user.name + " " + user.shell + "\n";
  }
  CHECK(found == "0 root /bin/bash\n7 broken \n8 last \n9 no shell \n");
}

TEST_CASE("names and ids are looked up in the text of passwd and group", "[users]") {
  CHECK(id_in(passwd, "root") == 0U);
  CHECK(id_in(passwd, "broken") == 7U);
  CHECK(id_in(passwd, "last") == 8U);
  CHECK(id_in(passwd, "nobody") == std::nullopt);
  CHECK(id_in(passwd, "# comment") == std::nullopt);
  CHECK(id_in(passwd, "") == std::nullopt);
  CHECK(id_in("", "root") == std::nullopt);
  CHECK(name_in(passwd, 0) == "root");
  CHECK(name_in(passwd, 8) == "last");
  CHECK(name_in(passwd, 1).empty());
  CHECK(id_in("daemon:x:1:a,b\n", "daemon") == 1U);
}

TEST_CASE("local users and groups are found without help", "[users]") {
  const ProgramInPath getent("getent", "echo root:x:1:");
  CHECK(find_id(IdKind::user, "root") == 0U);
  CHECK(find_id(IdKind::group, "root") == 0U);
  CHECK(find_name(IdKind::user, 0) == "root");
}

TEST_CASE("getent is asked about those who are not local", "[users]") {
  const ProgramInPath getent(
      "getent",
      "[ \"$2\" = -- ] || exit 1\n"
      "case $1/$3 in\n"
      "  passwd/ldapuser | passwd/98765) echo 'ldapuser:*:98765:1:L:/home/l:/bin/sh' ;;\n"
      "  group/ldapgroup) echo 'ldapgroup:*:98766:' ;;\n"
      "  *) exit 2 ;;\n"
      "esac\n");
  CHECK(find_id(IdKind::user, "ldapuser") == 98765U);
  CHECK(find_id(IdKind::group, "ldapgroup") == 98766U);
  CHECK(find_name(IdKind::user, 98765) == "ldapuser");
  CHECK(find_id(IdKind::group, "ldapuser") == std::nullopt);
  CHECK(find_name(IdKind::user, 98766).empty());
}

TEST_CASE("an unknown user has neither name nor number", "[users]") {
  CHECK(find_id(IdKind::user, "no-such-user") == std::nullopt);
  CHECK(find_id(IdKind::user, "--help") == std::nullopt);
  CHECK(find_id(IdKind::group, "") == std::nullopt);
  const ProgramInPath getent("getent", "exit 127");
  CHECK(find_id(IdKind::user, "no-such-user") == std::nullopt);
}
