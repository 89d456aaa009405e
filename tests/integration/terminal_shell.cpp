#include "terminal_shell.hpp"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <regex>

namespace terminal_tools {

using namespace harness;

namespace {

/// Counts the signals that argv names and prints the counts at every line it reads.
constexpr auto counting_script = R"(
import os, signal, sys
caught = {}
def count(number, frame):
    name = signal.Signals(number).name
    caught[name] = caught.get(name, 0) + 1
    print('caught', name, flush=True)
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), count)
print('ready', flush=True)
for line in sys.stdin:
    if line == 'q\n':
        break
    print('counts', sorted(caught.items()), tuple(os.get_terminal_size()), 'end', flush=True)
)";

constexpr auto interrupted_script = R"(
try:
    input('ready')
except KeyboardInterrupt:
    print('interrupted')
)";

/// Makes its own process group the foreground one, as a shell with job control does, and crashes.
constexpr auto crashing_script = R"(
import ctypes, os, signal
os.setpgid(0, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, os.getpid())
ctypes.string_at(0)
)";

/// Whether this is bash 5.3 or later. It tells of jobs between two commands, whatever it has seen by then,
/// and may forget the status of a job before wait asks for it.
bool tells_of_jobs_between_commands() {
  static const bool is_new =
      run({"bash", "-c", "((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 503))"}).status() == 0;
  return is_new;
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

bool is_waiting(pid_t pid) {
  const std::string none(16, '0');
  const char state = process_state(pid);
  return state == 0 || state == 'T' ||
         (state == 'S' && status_field(pid, "SigPnd") == none && status_field(pid, "ShdPnd") == none);
}

}  // namespace

Files::Files() {
  write_file(path() + "/inputrc", "set enable-bracketed-paste off\n");
  write_file(path() + "/page", "the only line\n");
  write_file(path() + "/count.py", counting_script);
  write_file(path() + "/interrupted.py", interrupted_script);
  write_file(path() + "/crash.py", crashing_script);
}

Shell::Shell(const std::string& via, const Words& command)
    : terminal_(command, {.environment = {"VIA=" + via, "PS1=sh$SHLVL> ", "SHLVL=0", "TERM=linux",
                                          "PATH=/usr/bin:/bin", "PYTHON_BASIC_REPL=1",
                                          "INPUTRC=" + files_.path() + "/inputrc", "HISTFILE=/dev/null",
                                          "LESSHISTFILE=-"},
                          .directory = files_.path(),
                          .before_exec = forbid_core_dumps}) {}

void Shell::enter(const std::string& text) {
  type(text + "\r");
  wait_for("\n");
}

void Shell::line(const std::string& text) {
  enter(text);
  prompt();
}

void Shell::fg() {
  enter("fg");
  wait_for("\n");
}

void Shell::end_job(const std::string& kill, const std::string& prompt) {
  const std::string line = kill + R"sh( %1; while [ "$(jobs -s)" ]; do :; done; wait %1)sh";
  if (!tells_of_jobs_between_commands()) {
    enter(line);
    wait_for(prompt);
    return;
  }
  enter(line + "; :");
  const std::string told = terminal_.wait_for(prompt);
  static const std::regex end(R"(\[1\]\+  (?!Stopped|Running)[^\r\n]*\r\n)");
  static const std::regex about_job(R"((\r\n)?\[1\]\+  [^\r\n]*\r\n|bash: wait: [^\r\n]*\r\n)");
  std::smatch found;
  seen_ += std::regex_search(told, found, end) ? found.str() : "";
  seen_ += std::regex_replace(told, about_job, "");
}

bool Shell::wait_for_either(const std::string& first, const std::string& second) {
  seen_ += terminal_.wait_for_any({first, second});
  return seen_.ends_with(first);
}

pid_t Shell::find(const std::string& name) const {
  return find_descendant(terminal_.pid(), name);
}

void Shell::wait_until_state(const std::string& name, char state) const {
  wait_until(name + " to be in state " + state, [&] { return process_state(find(name)) == state; });
}

void Shell::wait_until_gone(const std::string& name) const {
  wait_until("the end of " + name, [&] { return find(name) == 0; });
}

void Shell::wait_until_gone(const std::vector<pid_t>& job) const {
  wait_until("the shell to wait for the job", [&] {
    const auto left = processes();
    return std::find_first_of(left.begin(), left.end(), job.begin(), job.end()) == left.end();
  });
}

std::vector<pid_t> Shell::processes() const {
  return descendants_of(terminal_.pid());
}

void Shell::wait_until_foreground(const std::string& name) const {
  wait_until(name + " to sleep in the foreground", [&] {
    const pid_t pid = find(name);
    return process_state(pid) == 'S' && ::getpgid(pid) == foreground();
  });
}

void Shell::settle() const {
  wait_until("all processes to wait", [&] {
    const auto all = processes();
    return std::all_of(all.begin(), all.end(), is_waiting);
  });
}

pid_t Shell::foreground() const {
  return ::tcgetpgrp(terminal_.master());
}

void Shell::note_foreground(const std::string& name, pid_t pid) {
  note("the foreground is " + std::string(foreground() == ::getpgid(pid) ? "" : "not ") + "that of " + name);
}

void Shell::resize(unsigned short rows, unsigned short columns) const {
  const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(terminal_.master(), TIOCSWINSZ, &size);
}

void Shell::look_around() {
  line("echo status $?");
  line("jobs");
  line("stty -g");
  note_foreground("the shell", terminal_.pid());
}

void Shell::hang_up() {
  const auto all = processes();
  // The kernel wakes those who read the terminal before it sends SIGHUP: pty_close() in drivers/tty/pty.c. A
  // bash that is woken may take that for the end of its input and exit with 0. One that is stopped gets
  // SIGHUP first, and the SIGCONT that the kernel sends with it.
  ::kill(terminal_.pid(), SIGSTOP);
  wait_until("the shell to stop", [&] { return process_state(terminal_.pid()) == 'T'; });
  terminal_.hang_up();
  note("the shell ended with " + std::to_string(pidns::shell_status(terminal_.finish())));
  // Those that lose their parent may stay zombies for a while: the process that adopts them reaps them.
  wait_until("the end of all processes", [&] { return std::all_of(all.begin(), all.end(), has_ended); });
}

std::string Shell::seen() const {
  return std::regex_replace(seen_, std::regex(R"(\[(\d+)\] \d+)"), "[$1] PID");
}

void type_a_word_and_end_cat(Shell& shell) {
  shell.type("word\r");
  shell.wait_for("word\r\nword\r\n");  // the echo of the terminal, and cat's
  shell.type(ctrl_d);
  shell.prompt();
}

}  // namespace terminal_tools
