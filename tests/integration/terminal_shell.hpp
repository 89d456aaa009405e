#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness.hpp"

/// What the tests at a terminal have in common.
namespace terminal_tools {

using Words = std::vector<std::string>;

constexpr auto ctrl_c = "\x03";
constexpr auto ctrl_d = "\x04";
constexpr auto ctrl_z = "\x1a";
constexpr auto ctrl_backslash = "\x1c";

/// What the commands work with; there before the shell starts.
class Files {
 public:
  Files();
  [[nodiscard]] const std::string& path() const { return directory_.path(); }

 private:
  harness::TemporaryDirectory directory_;
};

/// A shell on a terminal, and what a user sees there. In what is typed, $VIA stands in front of the command
/// in question: it is empty, or pidns, so that the lines typed and the names of the jobs are the same.
class Shell {
 public:
  explicit Shell(const std::string& via, const Words& command = {"bash", "--norc", "--noprofile", "-i"});

  void type(std::string_view keys) const { terminal_.type(keys); }
  void wait_for(std::string_view text) { seen_ += terminal_.wait_for(text); }
  void prompt() { wait_for("sh1> "); }
  /// Types a line and waits until it is shown: Ctrl-C and the like throw away what has not been read yet.
  void enter(const std::string& text);
  /// The same with a line that has done its work when the prompt comes.
  void line(const std::string& text);
  /// Continues the job in the foreground, and waits until its name is shown.
  void fg();
  /// Ends the only job, by a line that begins with `kill`. From bash 5.3 on, only how the job has ended is
  /// compared, and not when the shell tells it.
  void end_job(const std::string& kill, const std::string& prompt = "sh1> ");
  /// @return whether the first text came before the second
  bool wait_for_either(const std::string& first, const std::string& second);
  /// Writes something beside what the terminal shows.
  void note(const std::string& text) { seen_ += "\n{" + text + "}\n"; }

  /// A process that the shell has started; 0 if there is none.
  [[nodiscard]] pid_t find(const std::string& name) const;
  void wait_until_state(const std::string& name, char state) const;
  void wait_until_gone(const std::string& name) const;
  /// Waits until the shell has none of these processes any more: it has waited for its own.
  void wait_until_gone(const std::vector<pid_t>& job) const;
  void wait_until_foreground(const std::string& name) const;
  /// All processes that the shell has started.
  [[nodiscard]] std::vector<pid_t> processes() const;
  /// Waits until every process has done all that the signals sent so far made it do.
  void settle() const;

  [[nodiscard]] pid_t foreground() const;
  void note_foreground(const std::string& name, pid_t pid);
  void resize(unsigned short rows, unsigned short columns) const;
  [[nodiscard]] harness::Terminal& terminal() { return terminal_; }

  /// What a user can tell when the job is over and the prompt has come.
  void look_around();
  /// Closes the terminal: everything that the shell has started must end.
  void hang_up();
  /// Everything seen up to now, without the numbers that differ between two runs of the same thing.
  [[nodiscard]] std::string seen() const;

 private:
  Files files_;
  harness::Terminal terminal_;
  std::string seen_;
};

/// `cat` is in the foreground: it reads a word, writes it and then ends.
void type_a_word_and_end_cat(Shell& shell);

}  // namespace terminal_tools
