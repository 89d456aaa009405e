#include "terminal_scenes.hpp"

namespace terminal_tools {

namespace {

void wait_until_foreground(Shell& shell, const Command& command) {
  for (const std::string& process : command.processes) {
    shell.wait_until_foreground(process);
  }
}

}  // namespace

const Command& bash() {
  static const Command command{"bash --norc", {"bash"}, {"sh2> "}, false, true, "sh2> ", "", "exit 3\r"};
  return command;
}

const std::vector<Command>& commands() {
  static const Words vim_ready{"the only line", "\x1b[?25h\x1b[?0c"};
  static const Words less_ready{"the only line", "(END)\x1b[27m\x1b[K"};
  static const std::vector<Command> all{
      {"sleep 100", {"sleep"}, {}, false, false, {}, {}, ctrl_c},
      {"sleep 100 | cat", {"sleep", "cat"}, {}, false, false, {}, {}, ctrl_c},
      {"sh -c 'sleep 100 | cat' 2>/dev/null", {"sleep", "cat"}, {}, false, false, {}, {}, ctrl_c},
      {"cat", {"cat"}, {}, false, true, {}, {}, ctrl_d},
      {"vim.tiny -u NONE -i NONE -n page", {"vim.tiny"}, vim_ready, true, true, "Type", "", "\x1b:cq\r"},
      {"less page", {"less"}, less_ready, true, true, "(END)", "", "q"},
      {"python3 count.py SIGINT SIGQUIT",
       {"python3"},
       {"ready\r\n"},
       false,
       true,
       "SIGINT\r\n",
       "SIGQUIT\r\n",
       "q\r"},
  };
  return all;
}

void wait_until_ready(Shell& shell, const Command& command) {
  for (const std::string& text : command.ready) {
    shell.wait_for(text);
  }
}

void start(Shell& shell, const Command& command) {
  shell.enter("$VIA " + command.line);
  wait_until_ready(shell, command);
  wait_until_foreground(shell, command);
  shell.settle();
}

void bring_to_foreground(Shell& shell, const Command& command) {
  shell.fg();
  if (command.redraws) {
    wait_until_ready(shell, command);
  }
  wait_until_foreground(shell, command);
  shell.settle();
}

bool press_ctrl_z(Shell& shell, const Command& command) {
  shell.type(ctrl_z);
  if (!command.redraws) {
    shell.prompt();
    return true;
  }
  return shell.wait_for_either("sh1> ", command.ready.back());
}

void quit(Shell& shell, const Command& command) {
  shell.type(command.quit);
  shell.prompt();
  shell.look_around();
}

void end_by(Shell& shell, const std::string& kill) {
  shell.end_job(kill);
  shell.look_around();
}

namespace {

void press(Shell& shell, const Command& command, const char* key, const std::optional<std::string>& shown) {
  start(shell, command);
  shell.type(key);
  if (shown) {
    shell.wait_for(*shown);
    shell.settle();  // vim throws away what is typed meanwhile
    shell.type(command.quit);
  }
  shell.prompt();
  shell.look_around();
}
void press_ctrl_c(Shell& shell, const Command& command) {
  press(shell, command, ctrl_c, command.at_ctrl_c);
}
void press_ctrl_backslash(Shell& shell, const Command& command) {
  press(shell, command, ctrl_backslash, command.at_ctrl_backslash);
}

bool start_and_stop(Shell& shell, const Command& command) {
  start(shell, command);
  if (!press_ctrl_z(shell, command)) {
    shell.note("Ctrl-Z does not stop it");
    quit(shell, command);
    return false;
  }
  shell.line("echo status $?");
  shell.line("jobs");
  return true;
}

void stop_and_continue(Shell& shell, const Command& command) {
  if (start_and_stop(shell, command)) {
    bring_to_foreground(shell, command);
    press_ctrl_z(shell, command);
    bring_to_foreground(shell, command);
    quit(shell, command);
  }
}

void stop_and_continue_in_background(Shell& shell, const Command& command) {
  if (start_and_stop(shell, command)) {
    shell.line(command.reads_keys ? std::string("bg; ") + until_stopped : "bg");
    shell.line("jobs");
    end_by(shell, "kill -KILL");
  }
}

void start_in_background(Shell& shell, const Command& command) {
  const std::string line = "$VIA " + command.line + " & ";
  shell.line(command.reads_keys ? line + until_stopped : line);
  for (const std::string& process : command.processes) {
    shell.wait_until_state(process, command.reads_keys ? 'T' : 'S');
  }
  shell.line("jobs");
}

void continue_in_foreground(Shell& shell, const Command& command) {
  start_in_background(shell, command);
  bring_to_foreground(shell, command);
  quit(shell, command);
}

void end_in_background(Shell& shell, const Command& command) {
  start_in_background(shell, command);
  // A command that catches signals would restore the terminal first, and be stopped for it.
  end_by(shell, command.at_ctrl_c ? "kill -KILL" : "kill");
}

void stop_and_continue_by_kill(Shell& shell, const Command& command) {
  start_in_background(shell, command);
  shell.line(std::string("kill -STOP %1; ") + until_stopped);
  shell.line("jobs");
  shell.line(command.reads_keys ? std::string("kill -CONT %1; ") + until_stopped : "kill -CONT %1");
  shell.line("jobs");
  end_by(shell, "kill -KILL");
}

void hang_up(Shell& shell, const Command& command) {
  start(shell, command);
  shell.hang_up();
}
void hang_up_when_stopped(Shell& shell, const Command& command) {
  if (start_and_stop(shell, command)) {
    shell.hang_up();
  }
}
void hang_up_in_background(Shell& shell, const Command& command) {
  start_in_background(shell, command);
  shell.hang_up();
}

}  // namespace

std::vector<Scene> scenes_of_every_command() {
  struct Play {
    std::string name;
    void (*play)(Shell&, const Command&);
  };
  const std::vector<Play> plays{
      {"Ctrl-C", press_ctrl_c},
      {"Ctrl-\\", press_ctrl_backslash},
      {"hang-up", hang_up},
      {"Ctrl-Z and fg twice", stop_and_continue},
      {"Ctrl-Z and bg", stop_and_continue_in_background},
      {"Ctrl-Z and hang-up", hang_up_when_stopped},
      {"& and fg", continue_in_foreground},
      {"& and kill %1", end_in_background},
      {"& and kill -STOP and -CONT", stop_and_continue_by_kill},
      {"& and hang-up", hang_up_in_background},
  };
  std::vector<Scene> scenes;
  for (const Command& command : commands()) {
    for (const auto& [name, play] : plays) {
      scenes.push_back(
          {command.line + ": " + name, [scene = play, &command](Shell& shell) { scene(shell, command); }});
    }
  }
  scenes.push_back({"bash: Ctrl-C", [](Shell& shell) { press_ctrl_c(shell, bash()); }});
  scenes.push_back({"bash: Ctrl-\\", [](Shell& shell) { press_ctrl_backslash(shell, bash()); }});
  scenes.push_back({"bash: hang-up", [](Shell& shell) { hang_up(shell, bash()); }});
  return scenes;
}

}  // namespace terminal_tools
