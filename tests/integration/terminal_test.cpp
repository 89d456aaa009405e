#include <iostream>
#include <map>

#include "support/catch.hpp"
#include "terminal_scenes.hpp"

using namespace harness;
using namespace terminal_tools;

namespace {

std::vector<Scene> operator+(std::vector<Scene> scenes, const std::vector<Scene>& more) {
  scenes.insert(scenes.end(), more.begin(), more.end());
  return scenes;
}

std::vector<Scene> all_scenes() {
  std::vector<Scene> scenes =
      scenes_of_every_command() + scenes_of_one_signal() + scenes_of_stops() + other_scenes();
  // Left out: how these end depends on which of two processes comes first. A dash catches SIGINT and sends it
  // to itself again, which does nothing to a PID 1, and pidns may look before that or after it.
  std::erase_if(scenes, [](const Scene& scene) { return scene.name.starts_with("sh -c 'sleep 100 | cat'"); });
  return scenes;
}

std::string play(const Scene& scene, const std::string& via) {
  Shell shell(via);
  try {
    shell.prompt();
    scene.play(shell);
  } catch (const std::exception& error) {
    shell.note(std::string("gave up: ") + error.what());
  }
  return shell.seen();
}

constexpr auto outer_groups =
    "all process groups outside have number 0 in there, so it takes the shell's in the foreground for its "
    "own";

constexpr auto restored_group =
    "when dash exits, it makes its first process group the foreground one, which has the number 0 inside";

/// Scenes that cannot look the same, with the kernel's reason.
using Exceptions = std::map<std::string, std::string>;

void compare(const std::string& options, const std::vector<Scene>& scenes, const Exceptions& exceptions) {
  std::size_t equal = 0;
  for (const Scene& scene : scenes) {
    const std::string direct = play(scene, "");
    const std::string through_pidns = play(scene, pidns_binary() + options);
    const auto exception = exceptions.find(scene.name);
    INFO(scene.name);
    CHECK(direct.find("{gave up") == std::string::npos);
    if (exception == exceptions.end()) {
      CHECK(direct == through_pidns);
    } else {
      CHECK(direct != through_pidns);
      CHECK(through_pidns.find("{gave up") == std::string::npos);
      std::cout << "differs: " << scene.name << ": " << exception->second << '\n';
    }
    equal += static_cast<std::size_t>(direct == through_pidns);
  }
  std::cout << "pidns" << options << " at a terminal: " << scenes.size() << " scenes, " << equal << " equal, "
            << exceptions.size() << " that cannot be\n";
}

}  // namespace

TEST_CASE("at a terminal pidns is not there", "[terminal]") {
  compare("", all_scenes() + scenes_of_haste(),
          {{"bash is started in the background", outer_groups}, {"exit 3 from dash", restored_group}});
}

TEST_CASE("at a terminal pidns is not there when the command is PID 1", "[terminal]") {
  const std::string own_stop =
      "it stops itself by a signal with the default action, which PID 1 does not take from itself";
  compare(" --fork --mount-proc", all_scenes(),
          {{"vim.tiny -u NONE -i NONE -n page: Ctrl-Z and fg twice", own_stop},
           {"vim.tiny -u NONE -i NONE -n page: Ctrl-Z and bg", own_stop},
           {"vim.tiny -u NONE -i NONE -n page: Ctrl-Z and hang-up", own_stop},
           {"less page: Ctrl-Z and fg twice", own_stop},
           {"less page: Ctrl-Z and bg", own_stop},
           {"less page: Ctrl-Z and hang-up", own_stop},
           {"bash is started in the background", outer_groups},
           {"exit 3 from dash", restored_group}});
}

TEST_CASE("the signals of the terminal reach a command in a session of its own", "[terminal]") {
  compare(" --fork --mount-proc --new-session", scenes_of_one_signal() + scenes_of_stops(), {});
  // Without a parent in another process group of its session a process does not stop: setpgid(2), "orphaned".
  compare(" --new-session", scenes_of_one_signal(), {});
}
