#include "harness.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "support/catch.hpp"

namespace harness {

namespace {

void check(long result, const char* what) {
  if (result == -1) {
    throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  }
}

/// Waits for input on one of the descriptors; throws when `patience` is over.
void wait_for_input(std::array<pollfd, 2>& polled, const std::string& context) {
  const int ready =
      ::poll(polled.data(), polled.size(), static_cast<int>(std::chrono::milliseconds(patience).count()));
  if (ready == -1 && errno != EINTR) {
    check(-1, "poll");
  }
  if (ready == 0) {
    throw std::runtime_error("nothing has come for minutes; so far:\n" + context);
  }
}

ExitStatus to_ending(int status) {
  return WIFEXITED(status) ? ExitStatus{.killed = false, .value = WEXITSTATUS(status)}
                           : ExitStatus{.killed = true, .value = WTERMSIG(status)};
}

ExitStatus wait_for_process(pid_t pid) {
  int status = 0;
  wait_until("the end of process " + std::to_string(pid),
             [&] { return ::waitpid(pid, &status, WNOHANG) == pid; });
  return to_ending(status);
}

void write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    check(size, "write");
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

/// Appends what can be read now. @return false at the end
bool read_into(std::string& text, const UniqueFd& fd) {
  std::array<char, 65536> buffer{};
  const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
  if (size <= 0) {
    return false;  // EIO is the end of a terminal
  }
  text.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

struct PipeEnds {
  UniqueFd read;
  UniqueFd write;
};

PipeEnds make_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

void execute(const std::vector<std::string>& command, const Setup& setup) {
  for (const std::string& variable : setup.environment) {
    ::putenv(const_cast<char*>(variable.c_str()));
  }
  if (!setup.directory.empty() && ::chdir(setup.directory.c_str()) == -1) {
    ::_exit(99);
  }
  if (setup.before_exec) {
    setup.before_exec();
  }
  std::vector<char*> arguments(command.size() + 1);
  std::transform(command.begin(), command.end(), arguments.begin(),
                 [](const std::string& word) { return const_cast<char*>(word.c_str()); });
  ::execvp(arguments.front(), arguments.data());
  ::_exit(98);
}

std::string pidns_binary() {
  const char* binary = std::getenv("PIDNS_BINARY");
  if (binary == nullptr) {
    throw std::runtime_error("PIDNS_BINARY is not set: run the tests with ctest");
  }
  return binary;
}

std::string parity_probe() {
  return std::filesystem::path(pidns_binary()).parent_path() / "tests/parity_probe";
}

std::vector<std::string> pidns(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), pidns_binary());
  return arguments;
}

std::vector<std::string> with_steps(std::vector<std::string> command) {
  const std::vector<std::string> steps{"--fork", "--mount-proc"};
  command.insert(command.begin(), steps.begin(), steps.end());
  return command;
}

std::vector<std::string> pidns_as_pid_1(std::vector<std::string> command) {
  return pidns(with_steps(std::move(command)));
}

std::vector<std::string> as_nobody(std::vector<std::string> command) {
  const std::vector<std::string> prefix{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                                        "--"};
  command.insert(command.begin(), prefix.begin(), prefix.end());
  return command;
}

std::vector<std::string> pidns_as_nobody(std::vector<std::string> arguments) {
  static const TemporaryDirectory directory;
  const std::string copy = directory.path() + "/pidns";
  std::filesystem::copy_file(pidns_binary(), copy, std::filesystem::copy_options::skip_existing);
  arguments.insert(arguments.begin(), copy);
  return as_nobody(std::move(arguments));
}

std::vector<std::string> after_mounting(const std::string& script, std::vector<std::string> command) {
  const std::vector<std::string> prefix{
      "unshare", "--mount", "--propagation", "private", "sh", "-ec", script + '\n' + R"(exec "$@")", "sh"};
  command.insert(command.begin(), prefix.begin(), prefix.end());
  return command;
}

std::vector<std::string> with_open_proc(std::vector<std::string> command) {
  return after_mounting("mount -t proc -o hidepid=0 proc /proc", std::move(command));
}

void stay_on_one_cpu() {
  cpu_set_t only{};
  CPU_SET(static_cast<unsigned>(::sched_getcpu()), &only);
  ::sched_setaffinity(0, sizeof only, &only);
}

std::vector<std::string> on_a_shared_host(const std::string& script, std::vector<std::string> command) {
  const std::string body = R"(
cat /proc/self/mountinfo
echo host
"$@"
status=$?
cat /proc/self/mountinfo
exit $status)";
  const std::vector<std::string> prefix{"sh", "-c", body, "sh"};
  command.insert(command.begin(), prefix.begin(), prefix.end());
  return after_mounting("mount --make-rshared /\n" + script, command);
}

void end_with_the_test() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void refuse_calls(const std::vector<long>& calls, int error) {
  for (const long call : calls) {
    std::array filter{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = filter.size(), .filter = filter.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) {
      ::_exit(97);
    }
  }
}

Running::Running(const std::vector<std::string>& command, const Setup& setup) {
  PipeEnds in = make_pipe();
  PipeEnds out = make_pipe();
  PipeEnds err = make_pipe();
  pid_ = ::fork();
  check(pid_, "fork");
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ::dup2(in.read.get(), STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
    execute(command, setup);
  }
  ::setpgid(pid_, pid_);  // whoever of the two comes first
  in_ = std::move(in.write);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  if (!setup.input.empty()) {
    write(setup.input);
    close_stdin();
  }
}

Running::~Running() {
  if (!reaped_) {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Running::send(int signal) const {
  check(::kill(pid_, signal), "kill");
}
void Running::write(std::string_view text) const {
  write_whole(in_.get(), text);
}
void Running::close_stdin() {
  in_.reset();
}

bool Running::read_some() {
  std::array<pollfd, 2> polled{pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0}};
  wait_for_input(polled, out_text_ + err_text_);
  if (polled[0].revents != 0 && !read_into(out_text_, out_)) {
    out_.reset();
  }
  if (polled[1].revents != 0 && !read_into(err_text_, err_)) {
    err_.reset();
  }
  return out_.valid() || err_.valid();
}

const std::string& Running::wait_for_output(std::string_view text) {
  while (out_text_.find(text, out_read_) == std::string::npos) {
    if (!read_some()) {
      throw std::runtime_error("ended without '" + std::string(text) + "': " + out_text_ + err_text_);
    }
  }
  out_read_ = out_text_.find(text, out_read_) + text.size();
  return out_text_;
}

std::string Running::read_line() {
  const std::size_t start = out_read_;
  wait_for_output("\n");
  return out_text_.substr(start, out_read_ - start - 1);
}

Result Running::finish() {
  close_stdin();
  while ((out_.valid() || err_.valid()) && read_some()) {
  }
  return {out_text_, err_text_, wait_for_end()};
}

ExitStatus Running::wait_for_end() {
  const ExitStatus ending = wait_for_process(pid_);
  reaped_ = true;
  return ending;
}

Result run(const std::vector<std::string>& command, const Setup& setup) {
  return Running(command, setup).finish();
}

Result run_pidns(const std::vector<std::string>& arguments, const Setup& setup) {
  return run(pidns(arguments), setup);
}

std::string read_host_table(Running& host) {
  const std::string& text = host.wait_for_output("host\n");
  return text.substr(0, text.find("host\n"));
}

Message message_of(const Result& result) {
  const std::vector<std::string> said = lines(result.err);
  const std::string prefix = "pidns: ";
  const std::string hint_prefix = "pidns: hint: ";
  const bool one_line = !said.empty() && said[0].starts_with(prefix) && !said[0].starts_with(hint_prefix) &&
                        said[0].find(": ", prefix.size()) != std::string::npos && result.err.ends_with('\n');
  const bool one_hint = said.size() == 1 || (said.size() == 2 && said[1].starts_with(hint_prefix));
  if (!one_line || !one_hint || !result.out.empty()) {
    throw std::runtime_error("not a message of pidns:\n" + result.out + result.err);
  }
  return {said[0].substr(prefix.size()), said.size() == 2 ? said[1].substr(hint_prefix.size()) : ""};
}

void check_alone(const std::string& test_case) {
  // The programs are copied first, as they may lie below what the new /tmp hides.
  const std::string scene = R"(
mount --make-rshared / && mount -t tmpfs tmp /mnt && cp "$1" /mnt/pidns && cp "$2" /mnt/tests &&
cp "${2%/*}/signal_probe" /mnt/ &&
for dir in /tmp /run /dev/shm /var/tmp; do
  [ ! -d $dir ] || mount -t tmpfs tmp $dir || exit
done
cd / && PIDNS_BINARY=/mnt/pidns exec /mnt/tests "$3")";
  const std::string tests = std::filesystem::read_symlink("/proc/self/exe");
  const Setup setup{.before_exec = end_with_the_test};
  const Result result =
      run_pidns({"--mount-proc", "sh", "-c", scene, "sh", pidns_binary(), tests, test_case}, setup);
  std::cout << result.out << std::flush;
  INFO(result.err);
  CHECK(result.status() == 0);
}

Terminal::Terminal(const std::vector<std::string>& command, const Setup& setup) {
  int master = -1;
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  pid_ = ::forkpty(&master, nullptr, nullptr, &size);
  check(pid_, "forkpty");
  if (pid_ == 0) {
    execute(command, setup);
  }
  master_ = UniqueFd(master);
  check(::fcntl(master, F_SETFD, FD_CLOEXEC), "fcntl");
}

Terminal::~Terminal() {
  if (!reaped_) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Terminal::type(std::string_view keys) const {
  write_whole(master_.get(), keys);
}

bool Terminal::read_some() {
  std::array<pollfd, 2> polled{pollfd{master_.get(), POLLIN, 0}, pollfd{-1, 0, 0}};
  wait_for_input(polled, shown_);
  return read_into(shown_, master_);
}

std::string Terminal::wait_for_any(const std::vector<std::string>& texts) {
  const std::size_t start = seen_;
  while (true) {
    std::size_t end = std::string::npos;
    for (const std::string& text : texts) {
      const std::size_t found = shown_.find(text, start);
      end = found == std::string::npos ? end : std::min(end, found + text.size());
    }
    if (end != std::string::npos) {
      seen_ = end;
      return shown_.substr(start, end - start);
    }
    if (!read_some()) {
      throw std::runtime_error("the terminal ended without '" + texts.front() + "':\n" + shown_);
    }
  }
}

void Terminal::hang_up() {
  master_.reset();
}

ExitStatus Terminal::finish() {
  while (master_.valid() && read_some()) {
  }
  const ExitStatus ending = wait_for_process(pid_);
  reaped_ = true;
  return ending;
}

}  // namespace harness
