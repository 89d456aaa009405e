#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A headline of the narration: what stands behind `[3] `.
struct Headline {
  int number;
  std::string text;
};

std::vector<Headline> headlines(const std::string& narration) {
  std::vector<Headline> found;
  for (const std::string& line : lines(narration)) {
    constexpr std::string_view further = "        ";  // of a call that takes more than a line
    if (line.starts_with('[')) {
      found.push_back({std::stoi(line.substr(1)), line.substr(line.find(' ') + 1)});
    } else if (line.starts_with(further) && !found.empty()) {
      std::string& text = found.back().text;
      text += (text.ends_with('|') ? "" : " ") + line.substr(further.size());
    }
  }
  return found;
}

/// A file behind a descriptor, as in `write(3</proc/9/uid_map>`, may have another name to strace.
std::string without_file_names(std::string call) {
  const auto start = call.find('<');
  const auto end = call.find('>');
  return start == std::string::npos || end < start ? call : call.erase(start, end - start + 1);
}

/// The system calls in a narration, as `CALL = RESULT`.
std::vector<std::string> narrated_calls(const std::string& narration) {
  std::vector<std::string> calls;
  for (const auto& [number, text] : headlines(narration)) {
    const auto start = text.starts_with("PID ") ? text.find(": ") + 2 : 0;
    if (contains(text, ") = ")) {
      calls.push_back(without_file_names(text.substr(start)));
    }
  }
  return calls;
}

/// What strace has seen: each process begins a call in one line, and may end it in another.
class Trace {
 public:
  explicit Trace(const std::string& text) {
    for (const std::string& line : lines(text)) {
      const auto blank = line.find(' ');
      add(line.substr(0, blank), line.substr(line.find_first_not_of(' ', blank)));
    }
  }

  /// Everything since pidns was executed, as `CALL = RESULT`, in the order in which it began.
  [[nodiscard]] std::vector<std::string> calls() const {
    const auto start = std::find_if(calls_.begin(), calls_.end(), [](const std::string& call) {
      const std::string file = call.substr(0, call.find(','));
      return file.starts_with("execve(") && file.ends_with("/pidns\"") && call.ends_with(" = 0");
    });
    REQUIRE(start != calls_.end());
    return {start + 1, calls_.end()};
  }

 private:
  void add(const std::string& process, std::string text) {
    constexpr std::string_view unfinished = " <unfinished ...>";
    if (text.starts_with("<... ")) {
      calls_.at(unfinished_.at(process)) += text.substr(text.find('>') + 1);
    } else if (text.ends_with(unfinished)) {
      unfinished_[process] = calls_.size();
      calls_.push_back(text.substr(0, text.size() - unfinished.size()));
    } else {
      calls_.push_back(std::move(text));
    }
  }

  std::vector<std::string> calls_;
  std::map<std::string, std::size_t> unfinished_;
};

/// Brings a call that strace has seen into the form of the narration.
std::string tidy(std::string call) {
  const auto result = call.rfind(" = ");
  call.erase(call.find_last_not_of(' ', result) + 1, result - call.find_last_not_of(' ', result) - 1);
  if (constexpr std::string_view injected = " (INJECTED)"; call.ends_with(injected)) {
    call.resize(call.size() - injected.size());
  }
  if (call.starts_with("clone(")) {
    call.replace(0, call.find(") = "), "fork(");
  }
  return without_file_names(call);
}

bool shapes_the_namespace(const std::string& call) {
  constexpr std::array names{"unshare(",
                             "setns(",
                             "mount(",
                             "chroot(",
                             "chdir(",
                             "setsid(",
                             "clone(",
                             "clone3(",
                             "fork(",
                             "vfork(",
                             "setgroups(",
                             "setresuid(",
                             "setresgid(",
                             "prctl(PR_SET_PDEATHSIG",
                             "prctl(PR_SET_DUMPABLE"};
  const bool named =
      std::any_of(names.begin(), names.end(), [&](const char* name) { return call.starts_with(name); });
  const std::string file = call.substr(0, call.find('>'));
  return named || (file.starts_with("write(") && (file.ends_with("/uid_map") || file.ends_with("/gid_map") ||
                                                  file.ends_with("/setgroups")));
}

struct Compared {
  std::vector<std::string> seen;
  std::vector<std::string> narrated;
  std::string narration;
};

/// Runs a command that is or becomes `pidns --explain` under strace.
Compared compare(std::vector<std::string> command, const std::vector<std::string>& strace_options = {}) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/trace";
  command.insert(command.begin(), strace_options.begin(), strace_options.end());
  command.insert(command.begin(), {"strace", "-f", "-qq", "-y", "-o", file});
  const Result result = run(command);
  Compared compared{.seen = {}, .narrated = narrated_calls(result.err), .narration = result.err};
  bool executed = false;
  for (const std::string& call : Trace(read_file(file)).calls()) {
    executed = executed || (call.starts_with("execve(") && call.ends_with(" = 0"));
    // Once COMMAND runs, pidns changes to /, which does not affect COMMAND.
    if (shapes_the_namespace(call) && !(executed && call.starts_with("chdir(\"/\")"))) {
      compared.seen.push_back(tidy(call));
    }
  }
  return compared;
}

/// @param least how many calls there must be
void check_narrated(const Compared& compared, std::size_t least) {
  INFO(compared.narration);
  std::vector<std::string> narrated;
  std::copy_if(compared.narrated.begin(), compared.narrated.end(), std::back_inserter(narrated),
               [](const std::string& call) { return !call.starts_with("execvp("); });
  CHECK(narrated == compared.seen);
  CHECK(compared.seen.size() >= least);
  int number = 0;
  for (const Headline& headline : headlines(compared.narration)) {
    CHECK(headline.number == ++number);
  }
}

/// A command that runs until a signal ends it.
const std::vector<std::string> waiting{"sh", "-c", "echo ready; exec sleep 1000"};

/// The shell blocks signals on the way there.
void wait_for_sleep(pid_t pid) {
  wait_until("sleep", [&] { return status_field(pid, "Name") == "sleep" && process_state(pid) == 'S'; });
}

std::vector<std::string> explained(std::vector<std::string> options,
                                   const std::vector<std::string>& command) {
  options.insert(options.begin(), "--explain");
  options.insert(options.end(), command.begin(), command.end());
  return harness::pidns(options);
}

}  // namespace

TEST_CASE("every call that strace sees is narrated, in its order and with its result", "[explain]") {
  const std::vector<std::string> command{"/bin/true"};
  check_narrated(compare(explained({}, command)), 5);
  check_narrated(compare(explained({"--fork"}, command)), 3);
  check_narrated(compare(explained({"--no-fork"}, command)), 1);
  check_narrated(compare(explained({"--init"}, command)), 6);
  check_narrated(compare(explained({"--root=/", "--wd=/tmp", "--new-session"}, command)), 9);
  check_narrated(compare(explained({"--propagation=slave", "-uinCT", "--mount-proc"}, command)), 5);
  check_narrated(compare(explained({"--map-root-user", "--propagation=shared"}, command)), 8);
}

TEST_CASE("every call of an ordinary user is narrated", "[explain]") {
  check_narrated(compare(pidns_as_nobody({"--explain", "/bin/true"})), 8);
  check_narrated(compare(pidns_as_nobody({"--explain", "--init", "-r", "/bin/true"})), 9);
}

TEST_CASE("every call to join a namespace is narrated", "[explain]") {
  for (const auto& launcher :
       {harness::pidns(waiting), pidns_as_nobody({"sh", "-c", "echo ready; exec sleep 1000"})}) {
    Running target(launcher);
    CHECK(target.read_line() == "ready");
    const std::string pid = std::to_string(children_of(target.pid()).front());
    check_narrated(compare(explained({"--join", pid}, {"/bin/true"})), 5);
    // Not SIGKILL: pidns reaps its PID 1, which would be left to the init of the host otherwise.
    target.send(SIGTERM);
    target.finish();
  }
}

TEST_CASE("the PID of a child is narrated where hidepid hides its parent from it", "[explain]") {
  Running box(pidns_as_nobody({"--mount-proc", "sh", "-c", "echo ready; read line"}));
  CHECK(box.read_line() == "ready");
  const std::string inside = std::to_string(only_child_of(box.pid()));
  const Result result = run(after_mounting("mount -t proc -o hidepid=2 proc /proc",
                                           pidns_as_nobody({"--explain", "--join", inside, "true"})));
  CHECK(result.status() == 0);
  CHECK_THAT(result.err, Catch::Contains("] vfork() = "));
  CHECK_THAT(result.err, !Catch::Contains("vfork() = 0\n"));
}

TEST_CASE("a step that fails is narrated with its error, before the usual message", "[explain]") {
  const Compared refused = compare(pidns_as_nobody({"--explain", "--no-user", "/bin/true"}));
  check_narrated(refused, 1);
  CHECK(refused.narrated.back() == "unshare(CLONE_NEWNS|CLONE_NEWPID) = -1 EPERM (Operation not permitted)");
  CHECK_THAT(refused.narration,
             Catch::Contains("\n[2] pidns cannot continue: status 125\n"
                             "pidns: cannot create PID and mount namespaces: Operation not "
                             "permitted\n"));

  const Compared no_proc = compare(explained({}, {"/bin/true"}), {"-e", "inject=mount:error=EPERM:when=2"});
  check_narrated(no_proc, 4);  // not yet the parent-death signal, which follows the mounts
  CHECK_THAT(no_proc.narration,
             Catch::Contains("pidns: cannot mount proc on /proc: Operation not permitted\n"));

  const Compared no_child =
      compare(explained({"--mount-proc"}, {"/bin/true"}), {"-e", "inject=vfork:error=EAGAIN"});
  check_narrated(no_child, 2);
  CHECK_THAT(no_child.narration,
             Catch::Contains("] vfork() = -1 EAGAIN (Resource temporarily unavailable)\n"));
}

TEST_CASE("a command that cannot be executed is narrated", "[explain]") {
  const Result result = run_pidns({"--explain", "--mount-proc", "nosuch"});
  CHECK(result.status() == 127);
  CHECK_THAT(result.err,
             Catch::Contains("PID 1: execvp(\"nosuch\", [\"nosuch\"]) = -1 ENOENT (No such file or "
                             "directory)\n"));
  CHECK_FALSE(contains(result.err, "it runs nosuch"));
  CHECK(headlines(run_pidns({"--explain", "--init", "nosuch"}).err).size() ==
        headlines(run_pidns({"--explain", "--init", "true"}).err).size());
  CHECK_THAT(result.err, Catch::EndsWith("pidns cannot continue: status 127\n"
                                         "pidns: cannot execute 'nosuch': No such file or directory\n"));
}

TEST_CASE("the narrated namespaces and PIDs are those of the command", "[explain]") {
  Running running(explained({}, waiting));
  CHECK(running.read_line() == "ready");
  const pid_t init = children_of(running.pid()).front();
  const auto change = [&](const std::string& kind) {
    return kind + " " + std::to_string(namespace_of(::getpid(), kind)) + " -> " +
           std::to_string(namespace_of(init, kind));
  };
  const std::string mounts = change("mnt");
  const std::string processes = change("pid");
  running.send(SIGKILL);
  const std::string narrated = running.finish().err;
  CHECK_THAT(narrated, Catch::Contains(mounts));
  CHECK_THAT(narrated, Catch::Contains(processes));
  CHECK_THAT(narrated,
             Catch::Contains("PID " + std::to_string(init) + " outside is PID 1 inside: " + processes));
  CHECK_FALSE(contains(narrated, "user "));
}

TEST_CASE("a /proc of the parent namespace is mentioned only where it is one", "[explain]") {
  const std::string words = "/proc is still that of the parent namespace";
  CHECK(contains(run_pidns({"--explain", "--fork", "true"}).err, words));
  CHECK(contains(run_pidns({"--explain", "--mount-proc=/tmp", "true"}).err, words));
  CHECK_FALSE(contains(run_pidns({"--explain", "true"}).err, words));
  CHECK_FALSE(contains(run_pidns({"--explain", "--init", "true"}).err, words));
}

TEST_CASE("what the command prints and its exit status are the same with --explain", "[explain]") {
  const std::vector<std::string> command{"sh", "-c", "echo out; echo err >&2; ls /proc/self/fd; exit 7"};
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--fork"}, {"--init"}, {"--no-fork"}}) {
    CAPTURE(options);
    std::vector<std::string> words = options;
    words.insert(words.end(), command.begin(), command.end());
    const Result silent = run_pidns(words);
    const Result narrated = run(explained(options, command));
    CHECK(narrated.out == silent.out);
    CHECK(narrated.ending == silent.ending);
    CHECK_THAT(narrated.err, Catch::Contains("\nerr\n"));
  }
}

TEST_CASE("the command is unaffected when stderr has no reader", "[explain]") {
  const Setup no_reader{.before_exec = [] {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) == 0) {
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
    }
  }};
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--init"}}) {
    CAPTURE(options);
    const Result result = run(explained(options, {"sh", "-c", "echo out; exit 7"}), no_reader);
    CHECK(result.out == "out\n");
    CHECK(result.status() == 7);
    CHECK(run(explained(options, {"nosuch"}), no_reader).status() == 127);
  }
}

TEST_CASE("without --explain none of its system calls is made", "[explain]") {
  const TemporaryDirectory directory;
  const auto trace = [&](const std::vector<std::string>& command) {
    const std::string file = directory.path() + "/trace";
    std::vector<std::string> words{"strace", "-f", "-qq", "-o", file};
    words.insert(words.end(), command.begin(), command.end());
    run(words);
    return read_file(file);
  };
  for (const char* part : std::array{"MAP_SHARED|MAP_ANONYMOUS", "\"self/ns/mnt\"", "\"self/status\"",
                                     "TIOCGWINSZ", "pwritev2(2,"}) {
    CAPTURE(part);
    CHECK(contains(trace(explained({}, {"/bin/true"})), part));
    CHECK_FALSE(contains(trace(harness::pidns({"/bin/true"})), part));
  }
}

TEST_CASE("a signal that PID 1 has no handler for is narrated up to the end", "[explain]") {
  Running running(explained({"--mount-proc"}, waiting));
  CHECK(running.read_line() == "ready");
  wait_for_sleep(children_of(running.pid()).front());
  running.send(SIGTERM);
  const Result result = running.finish();
  CHECK(result.ending == ExitStatus{.killed = true, .value = SIGTERM});
  CHECK_THAT(result.err, Catch::Contains("] SIGTERM from PID " + std::to_string(::getpid()) + "\n"));
  CHECK_THAT(result.err, Catch::Contains("PID 1 has no handler for it"));
  CHECK_THAT(result.err, Catch::Contains("] SIGKILL to PID 1, in place of SIGTERM\n"));
  CHECK_THAT(result.err, Catch::Contains("] PID 1 was killed by SIGKILL\n"));
  CHECK_THAT(result.err, Catch::EndsWith("pidns dies of SIGTERM: a shell shows status 143.\n"));
}

TEST_CASE("a signal that PID 1 handles is narrated", "[explain]") {
  Running running(explained({"--mount-proc"},
                            {"sh", "-c", "trap 'exit 4' TERM; echo ready; while :; do read line; done"}));
  CHECK(running.read_line() == "ready");
  running.send(SIGTERM);
  const Result result = running.finish();
  CHECK(result.status() == 4);
  CHECK_THAT(result.err, Catch::Contains("pidns passes it on to PID 1. PID 1 has a handler for it.\n"));
  CHECK_THAT(result.err,
             Catch::EndsWith("PID 1 exited with status 4, and so does pidns; the kernel kills all "
                             "inside\n"));
}

TEST_CASE("a handler that PID 1 resets to raise the signal again is narrated", "[explain]") {
  const TemporaryDirectory directory;
  const std::string narration = directory.path() + "/narration";
  Running running(explained({"--mount-proc"}, {"bash", "-c", R"(
trap 'trap - TERM; kill -TERM $$; echo alive' TERM
echo ready
read line
read line
exit 5)"}),
                  {.before_exec = [&] { ::dup2(::creat(narration.c_str(), 0600), STDERR_FILENO); }});
  CHECK(running.read_line() == "ready");
  running.send(SIGTERM);
  CHECK(running.read_line() == "alive");
  wait_until("the narration",
             [&] { return contains(read_file(narration), "] PID 1 has no handler for SIGTERM any more\n"); });
  running.write("\n\n");
  CHECK(running.finish().status() == 5);
}

TEST_CASE("with --init PID 1 narrates a signal, in one count", "[explain]") {
  Running running(explained({"--init"}, waiting));
  CHECK(running.read_line() == "ready");
  running.send(SIGTERM);
  const Result result = running.finish();
  CHECK(result.ending == ExitStatus{.killed = true, .value = SIGTERM});
  const auto narrated = headlines(result.err);
  REQUIRE(narrated.size() >= 3);
  const auto* last = &narrated.back();
  CHECK(last[-1].text == "PID 1: SIGTERM from PID " + std::to_string(::getpid()) + ", passed on to PID 2");
  CHECK(last[0].text == "COMMAND was killed by SIGTERM");
  for (std::size_t i = 0; i < narrated.size(); ++i) {
    CHECK(narrated[i].number == static_cast<int>(i) + 1);
  }
}

TEST_CASE("a stop and what follows is narrated", "[explain]") {
  Running running(explained({"--mount-proc"}, waiting));
  CHECK(running.read_line() == "ready");
  wait_for_sleep(children_of(running.pid()).front());
  running.send(SIGTSTP);
  wait_until("the stop of pidns", [&] { return process_state(running.pid()) == 'T'; });
  running.send(SIGCONT);
  const pid_t init = children_of(running.pid()).front();
  wait_until("PID 1 to continue", [&] { return process_state(init) == 'S'; });
  running.send(SIGTERM);
  const Result result = running.finish();
  for (const char* headline :
       std::array{"SIGSTOP to PID 1, in place of SIGTSTP", "PID 1 is stopped", "pidns is continued"}) {
    CHECK_THAT(result.err, Catch::Contains(std::string("] ") + headline + "\n"));
  }
}
