#include "terminal_scenes.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <csignal>

namespace terminal_tools {

using namespace harness;

namespace {

void start_counting(Shell& shell, const std::string& signal) {
  shell.enter("$VIA python3 count.py " + signal);
  shell.wait_for("ready\r\n");
  shell.settle();
}
void wait_for_count(Shell& shell, const std::string& signal) {
  shell.wait_for("caught " + signal + "\r\n");
  shell.settle();
}
void print_counts(Shell& shell) {
  shell.type("\r");
  shell.wait_for("end\r\n");
  shell.line("q");
}

void interrupt_three_times(Shell& shell) {
  start_counting(shell, "SIGINT");
  for (int i = 0; i < 3; ++i) {
    shell.type(ctrl_c);
    wait_for_count(shell, "SIGINT");
  }
  print_counts(shell);
}

void stop_continue_and_interrupt(Shell& shell) {
  shell.enter("$VIA sleep 100");
  shell.wait_until_state("sleep", 'S');
  shell.type(ctrl_z);
  shell.prompt();
  shell.line("jobs");
  shell.fg();
  shell.wait_until_state("sleep", 'S');
  shell.type(ctrl_c);
  shell.prompt();
  shell.look_around();
}

void stop_what_does_not_stop(Shell& shell) {
  start_counting(shell, "SIGTSTP");
  shell.type(ctrl_z);
  wait_for_count(shell, "SIGTSTP");
  print_counts(shell);
}

void continue_what_catches_it(Shell& shell) {
  start_counting(shell, "SIGCONT");
  shell.type(ctrl_z);
  shell.prompt();
  shell.fg();
  wait_for_count(shell, "SIGCONT");
  print_counts(shell);
}

void resize_window(Shell& shell) {
  start_counting(shell, "SIGWINCH");
  shell.resize(50, 132);
  wait_for_count(shell, "SIGWINCH");
  print_counts(shell);
}

void interrupt_python(Shell& shell, const std::string& arguments) {
  shell.enter("$VIA python3 " + arguments);
  shell.wait_for("ready");
  shell.settle();
  shell.type(ctrl_c);
  shell.prompt();
  shell.look_around();
}

void interrupt_python_twice(Shell& shell) {
  shell.enter("$VIA python3 -i -c 'print(\"rea\" \"dy\")'");
  shell.wait_for(">>> ");
  for (int i = 0; i < 2; ++i) {
    shell.settle();
    shell.type(ctrl_c);
    shell.wait_for(">>> ");
  }
  shell.type(ctrl_d);
  shell.prompt();
  shell.look_around();
}

void read_after_fg(Shell& shell) {
  shell.line(std::string("$VIA cat & ") + until_stopped);
  shell.fg();
  shell.wait_until_foreground("cat");
  type_a_word_and_end_cat(shell);
  shell.look_around();
}

/// The command in the background reads the terminal again as soon as it is continued.
void continue_reader_in_background(Shell& shell) {
  shell.line(std::string("$VIA cat & ") + until_stopped);
  for (int i = 0; i < 10; ++i) {
    shell.line(std::string("bg; ") + until_stopped);
    shell.wait_until_state("cat", 'T');
  }
  end_by(shell, "kill");
}

void write_with_tostop(Shell& shell) {
  shell.line("stty tostop");
  shell.line(std::string("$VIA /bin/echo word & ") + until_stopped);
  shell.line("jobs");
  shell.fg();
  shell.wait_for("word\r\n");
  shell.prompt();
  shell.look_around();
}

/// Ctrl-C and Ctrl-Z in a script that waits for the command.
void use_in_script(Shell& shell, const std::string& interpreter) {
  shell.enter(interpreter + " -c '$VIA sleep 100; echo after $?'");
  shell.wait_until_foreground("sleep");
  shell.type(ctrl_z);
  shell.prompt();
  shell.line("jobs");
  shell.fg();
  shell.wait_until_foreground("sleep");
  shell.type(ctrl_c);
  shell.prompt();
  shell.look_around();
}

/// The shell inside has jobs of its own.
void use_jobs_inside(Shell& shell) {
  const auto inner_line = [&](const std::string& text) {
    shell.enter(text);
    shell.wait_for("sh2> ");
  };
  start(shell, bash());
  const auto stop_sleep = [&] {
    shell.wait_until_foreground("sleep");
    shell.type(ctrl_z);
    shell.wait_for("sh2> ");
    inner_line("jobs");
  };
  shell.enter("sleep 100");
  stop_sleep();
  shell.fg();
  stop_sleep();
  inner_line("bg");
  shell.end_job("kill", "sh2> ");
  shell.enter("sleep 100");
  shell.wait_until_foreground("sleep");
  shell.type(ctrl_c);
  shell.wait_for("sh2> ");
  inner_line("echo status $?");
  const Command& vim = commands().at(4);
  shell.enter(vim.line);
  wait_until_ready(shell, vim);
  shell.wait_until_foreground("vim.tiny");
  shell.type(ctrl_z);
  shell.wait_for("sh2> ");
  inner_line("exit");  // there are stopped jobs
  inner_line("jobs");
  shell.fg();
  wait_until_ready(shell, vim);
  shell.wait_until_foreground("vim.tiny");
  shell.type(vim.quit);
  shell.wait_for("sh2> ");
  shell.enter("exit 4");
  shell.prompt();
  shell.look_around();
}

/// The shell inside, whose process group is the foreground one, is stopped from outside.
void stop_bash_from_elsewhere(Shell& shell) {
  start(shell, bash());
  ::kill(shell.find("bash"), SIGSTOP);
  shell.prompt();
  shell.line("echo status $?");
  shell.line("jobs");
  bring_to_foreground(shell, bash());
  quit(shell, bash());
}

void stop_bash_and_hang_up(Shell& shell) {
  start(shell, bash());
  ::kill(shell.find("bash"), SIGSTOP);
  shell.prompt();
  shell.hang_up();
}

void start_bash_in_background(Shell& shell) {
  shell.line("$VIA bash --norc &");
  // This bash may take the terminal. If the outer shell takes it back, bash cannot read from it, and ends.
  std::string end;
  wait_until("bash to stop, to take the terminal or to end", [&] {
    const pid_t inner = shell.find("bash");
    end = inner != 0 && process_state(inner) == 'T'              ? "stops"
          : inner != 0 && shell.foreground() == ::getpgid(inner) ? "takes the terminal"
          : shell.processes().empty()                            ? "ends"
                                                                 : "";
    return !end.empty();
  });
  shell.note("bash " + end);
}

/// Ends the job that is in the background while cat is in the foreground: the terminal stays with cat.
void end_while_cat_reads(Shell& shell, const std::string& name) {
  const auto job = shell.processes();
  shell.enter("cat");
  shell.wait_until_foreground("cat");
  ::kill(shell.find(name), SIGKILL);
  shell.wait_until_gone(job);
  shell.note_foreground("cat", shell.find("cat"));
  type_a_word_and_end_cat(shell);
  shell.look_around();
}
void end_in_background_quietly(Shell& shell) {
  shell.line("$VIA sleep 100 &");
  shell.wait_until_state("sleep", 'S');
  end_while_cat_reads(shell, "sleep");
}
void end_quietly_after_bg(Shell& shell) {
  start(shell, commands().front());
  press_ctrl_z(shell, commands().front());
  shell.line("bg");
  end_while_cat_reads(shell, "sleep");
}
void change_settings(Shell& shell) {
  shell.line("$VIA stty -ixon");
  shell.look_around();
  shell.line("sh -c '$VIA stty -echo; stty -g; stty echo'");
}

void read_from_pipe(Shell& shell) {
  shell.line("echo word | $VIA cat | $VIA cat");
  shell.look_around();
}

/// Both commands of a pipeline are stopped, continued and interrupted as one job.
void stop_pipeline(Shell& shell) {
  shell.enter("$VIA sleep 100 | $VIA cat");
  shell.wait_until_state("cat", 'S');
  shell.wait_until_state("sleep", 'S');
  shell.settle();
  shell.type(ctrl_z);
  shell.prompt();
  shell.line("jobs");
  shell.line("bg");
  shell.wait_until_state("sleep", 'S');
  shell.line("jobs");
  shell.fg();
  shell.wait_until_foreground("sleep");
  shell.type(ctrl_c);
  shell.prompt();
  shell.line(R"(echo "${PIPESTATUS[*]}")");
  shell.wait_until_gone("cat");
}

/// A key ends the command, and with it the loop around it.
void end_loop_in_script(Shell& shell, const std::string& interpreter, const std::string& key) {
  shell.enter(interpreter + " -c 'for i in 1 2 3; do $VIA " + interpreter +
              R"( -c "sleep 100; echo AFTER"; echo next; done; echo end')");
  shell.wait_until_foreground("sleep");
  shell.settle();
  shell.type(key);
  shell.prompt();
  shell.line("echo $?");
  shell.look_around();
}

/// The status of an interactive shell is that of its exit.
void exit_from_shell(Shell& shell, const std::string& command) {
  shell.enter("PS1='in> ' $VIA " + command);
  shell.wait_for("in> ");
  shell.enter("exit 3");
  shell.prompt();
  shell.line("echo $?");
  shell.look_around();
}

void read_after_interactive_shell(Shell& shell) {
  shell.enter("sh -c '$VIA bash --norc -ic exit; read x; echo got $x'");
  shell.wait_for("exit\r\n");
  shell.type("word\r");
  shell.wait_for("got word");
  shell.prompt();
  shell.look_around();
}

}  // namespace

std::vector<Scene> scenes_of_one_signal() {
  return {
      {"one Ctrl-C is one SIGINT", interrupt_three_times},
      {"one Ctrl-Z is one SIGTSTP", stop_what_does_not_stop},
      {"one change of the window is one SIGWINCH", resize_window},
  };
}

std::vector<Scene> scenes_of_stops() {
  return {
      {"one fg is one SIGCONT", continue_what_catches_it},
      {"Ctrl-Z fg Ctrl-C", stop_continue_and_interrupt},
  };
}

std::vector<Scene> scenes_of_haste() {
  return {
      {"Ctrl-C in a loop of bash", [](Shell& shell) { end_loop_in_script(shell, "bash", ctrl_c); }},
      {"Ctrl-C in a loop of sh", [](Shell& shell) { end_loop_in_script(shell, "sh", ctrl_c); }},
      {"Ctrl-\\ in a loop of sh", [](Shell& shell) { end_loop_in_script(shell, "sh", ctrl_backslash); }},
      {"KeyboardInterrupt is caught", [](Shell& shell) { interrupt_python(shell, "interrupted.py"); }},
  };
}

std::vector<Scene> other_scenes() {
  return {
      {"KeyboardInterrupt is caught, and python goes on", interrupt_python_twice},
      {"KeyboardInterrupt ends python",
       [](Shell& shell) { interrupt_python(shell, R"(-c 'input("rea" "dy")')"); }},
      {"a line typed after fg is read", read_after_fg},
      {"a read in the background is continued again and again", continue_reader_in_background},
      {"a write in the background with stty tostop", write_with_tostop},
      {"Ctrl-Z fg Ctrl-C in a script of sh", [](Shell& shell) { use_in_script(shell, "sh"); }},
      {"Ctrl-Z fg Ctrl-C in a script of bash", [](Shell& shell) { use_in_script(shell, "bash"); }},
      {"jobs of bash", use_jobs_inside},
      {"bash is stopped from elsewhere and continued", stop_bash_from_elsewhere},
      {"bash is stopped from elsewhere and the terminal hung up", stop_bash_and_hang_up},
      {"bash is started in the background", start_bash_in_background},
      {"the end of a job that started in the background", end_in_background_quietly},
      {"the end of a job that was put into the background", end_quietly_after_bg},
      {"terminal settings", change_settings},
      {"a pipeline of two", read_from_pipe},
      {"the terminal is read after an interactive shell", read_after_interactive_shell},
      {"Ctrl-Z bg fg Ctrl-C of a pipeline", stop_pipeline},
      {"exit 3 from bash", [](Shell& shell) { exit_from_shell(shell, "bash --norc"); }},
      {"exit 3 from dash", [](Shell& shell) { exit_from_shell(shell, "dash"); }},
      {"exit 3 from zsh", [](Shell& shell) { exit_from_shell(shell, "zsh -f +o zle"); }},
      {"exit 3 from dash without job control", [](Shell& shell) { exit_from_shell(shell, "dash +m"); }},
  };
}

}  // namespace terminal_tools
