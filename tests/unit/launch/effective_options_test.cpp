#include "pidns/launch/effective_options.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "support/catch.hpp"

using namespace pidns;

namespace {

using Command = std::vector<std::string>;

/// Sets a variable, or removes it, for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) {
      before_ = before;
    }
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }

 private:
  void set(const char* value) {
    if (value != nullptr) {
      ::setenv(name_, value, 1);
    } else {
      ::unsetenv(name_);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

Command command_of(const Options& options) {
  Narrator narrator(options);
  Log log;
  return complete(options, narrator, log).command;
}

Options with_environment(const Command& names) {
  Options options;
  options.environment = names;
  return options;
}

}  // namespace

TEST_CASE("a command that is given stays as it is", "[options]") {
  Options options;
  options.command = {"ls", "-l"};
  CHECK(command_of(options) == Command{"ls", "-l"});
}

TEST_CASE("without a command it is the shell of the environment", "[options]") {
  const Variable shell("SHELL", "/opt/my shell");
  CHECK(command_of({}) == Command{"/opt/my shell"});
}

TEST_CASE("without a shell in the environment it is that of the user", "[options]") {
  const passwd* entry = ::getpwuid(::getuid());
  const std::string expected = entry == nullptr || *entry->pw_shell == '\0' ? "/bin/sh" : entry->pw_shell;
  for (const char* value : {static_cast<const char*>(nullptr), ""}) {
    const Variable shell("SHELL", value);
    CHECK(command_of({}) == Command{expected});
  }
}

TEST_CASE("a shell that is not passed on is not run", "[options]") {
  const Variable shell("SHELL", "/opt/my shell");
  CHECK(command_of(with_environment({"SHELL"})) == Command{"/opt/my shell"});
  CHECK(command_of(with_environment({})) != Command{"/opt/my shell"});
  CHECK(command_of(with_environment({"PATH"})) != Command{"/opt/my shell"});
}
