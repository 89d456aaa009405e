#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "observe.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/util/unique_fd.hpp"

/// Runs real programs and looks at what a user would see. A test waits for events: output, an end, a state in
/// /proc. Whatever has not happened when `patience` is over, after three minutes, fails the test; no test
/// measures time.
namespace harness {

using pidns::ExitStatus;
using pidns::UniqueFd;

/// The pidns under test: PIDNS_BINARY, set by CTest.
std::string pidns_binary();
/// The path of a static program, which also runs in a root directory that holds nothing else.
std::string parity_probe();
/// `pidns` and its arguments, as a command for the functions below.
std::vector<std::string> pidns(std::vector<std::string> arguments);
/// The command after the options that make it PID 1 with a proc of its own.
std::vector<std::string> with_steps(std::vector<std::string> command);
/// pidns() with these options.
std::vector<std::string> pidns_as_pid_1(std::vector<std::string> command);
/// The same command as the user nobody, without any capability.
std::vector<std::string> as_nobody(std::vector<std::string> command);
/// `pidns` and its arguments as the user nobody, who may not be able to enter the directory of the build.
std::vector<std::string> pidns_as_nobody(std::vector<std::string> arguments);
/// The same command after a script of sh, in a private mount namespace of its own: what the script mounts is
/// gone with the command.
std::vector<std::string> after_mounting(const std::string& script, std::vector<std::string> command);

/// The same command with a /proc that hides no process from anybody, as that of this machine may do.
std::vector<std::string> with_open_proc(std::vector<std::string> command);

/// For Setup::before_exec of a command that binds a new mount namespace to a file in another one than the
/// host's. The kernel binds only a namespace with a higher number, and each CPU numbers its own.
void stay_on_one_cpu();

/// A script that becomes sleep, and whose child ends after that. sleep reaps nothing, so the child stays a
/// zombie.
inline const std::string ends_below_sleep =
    "(until read -r name </proc/$$/comm && [ $name = sleep ]; do :; done) & exec sleep 1000";

/// For Setup::before_exec: a test that takes too long is killed, and the command goes with it.
void end_with_the_test();

/// For Setup::before_exec: refuses system calls from now on, as old kernels and the profiles of containers
/// do.
void refuse_calls(const std::vector<long>& calls, int error);

/// The same command on a host of its own, whose mounts are all shared with what is made from it, so that a
/// mount that escapes is seen. The host is the shell that runs the command; it prints its mount table and a
/// line `host` before it, and the table again when it has ended.
std::vector<std::string> on_a_shared_host(const std::string& script, std::vector<std::string> command);

struct Setup {
  std::string input = {};                     ///< what the command reads from stdin
  std::vector<std::string> environment = {};  ///< NAME=VALUE, added to the test's own
  std::string directory = {};                 ///< working directory; empty: the test's own
  std::function<void()> before_exec = {};  ///< called in the child: masks, dispositions, descriptors, limits
};

/// In a child: becomes the command. Exits with 98 or 99 if that fails.
[[noreturn]] void execute(const std::vector<std::string>& command, const Setup& setup);

struct Result {
  std::string out;
  std::string err;
  ExitStatus ending;

  /// As $? in a shell.
  [[nodiscard]] int status() const { return pidns::shell_status(ending); }
};

/// A command that is running. Killed with everything it left in its process group if the test gives up on it.
class Running {
 public:
  explicit Running(const std::vector<std::string>& command, const Setup& setup = {});
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int signal) const;
  void write(std::string_view text) const;
  void close_stdin();
  /// Reads stdout up to a text that must come. @return all stdout so far
  const std::string& wait_for_output(std::string_view text);
  /// Reads stdout up to the next line end. @return the line without it
  std::string read_line();
  /// Waits until both outputs are closed by all who have them, and for the end of the command.
  Result finish();
  /// Waits for the end of the command alone; for one that leaves processes behind on purpose.
  ExitStatus wait_for_end();

 private:
  bool read_some();

  pid_t pid_ = -1;
  bool reaped_ = false;
  UniqueFd in_;
  UniqueFd out_;
  UniqueFd err_;
  std::string out_text_;
  std::size_t out_read_ = 0;  // how much of it read_line() has handed out
  std::string err_text_;
};

/// What pidns says when it cannot go on.
struct Message {
  std::string text;  ///< `WHAT: REASON`
  std::string hint;
};

/// Reads stderr; fails the test unless that is exactly `pidns: WHAT: REASON` and at most one line
/// `pidns: hint: ...`, and nothing was written to stdout.
Message message_of(const Result& result);

/// The mount table that on_a_shared_host() has printed.
std::string read_host_table(Running& host);

Result run(const std::vector<std::string>& command, const Setup& setup = {});
Result run_pidns(const std::vector<std::string>& arguments, const Setup& setup = {});

/// Runs one test case of this program as PID 1, with an empty /tmp and with mounts of its own, which are
/// shared with what it starts as the host's are with us. There it can count processes, mounts and files: all
/// are its own. Prints its output, and fails if it fails.
void check_alone(const std::string& test_case);

/// A command as the leader of a session on a terminal of its own, 80 by 24.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& command, const Setup& setup = {});
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The master's descriptor: for ioctls such as TIOCSWINSZ and tcgetpgrp(3).
  [[nodiscard]] int master() const { return master_.get(); }
  /// Types something: "ls\r", "\x03".
  void type(std::string_view keys) const;
  /// Waits until a text appears after everything that was waited for before. @return the output from there up
  /// to it
  std::string wait_for(std::string_view text) { return wait_for_any({std::string(text)}); }
  /// The same with the first of some texts that comes.
  std::string wait_for_any(const std::vector<std::string>& texts);
  /// Everything the terminal has shown so far.
  [[nodiscard]] const std::string& shown() const { return shown_; }
  /// Closes the terminal: its session is hung up.
  void hang_up();
  /// Waits for the end of the command, reading on.
  ExitStatus finish();

 private:
  bool read_some();

  pid_t pid_ = -1;
  bool reaped_ = false;
  UniqueFd master_;
  std::string shown_;
  std::size_t seen_ = 0;
};

}  // namespace harness
