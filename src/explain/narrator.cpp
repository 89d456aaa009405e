#include "pidns/explain/narrator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "pidns/explain/call_effects.hpp"
#include "pidns/explain/layout.hpp"
#include "pidns/proc/open_proc.hpp"
#include "pidns/proc/proc_status.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/shared_value.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/sys/terminal.hpp"
#include "pidns/util/colour.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/namespaces.hpp"
#include "pidns/util/signal_set.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns {

namespace {

/// A process's PID in one of its PID namespaces.
/// @param pids of the process: NSpid
/// @param levels how many PID namespaces there are from that of /proc to the one in question
/// @return 0 when it has none there
pid_t pid_at(const std::vector<pid_t>& pids, std::size_t levels) {
  return levels > 0 && levels <= pids.size() ? pids[levels - 1] : 0;
}

pid_t innermost_pid(const std::vector<pid_t>& pids) {
  return pids.empty() ? ::getpid() : pids.back();
}

/// @return an empty one when the file cannot be read
ProcStatus try_read_status(int directory, const std::string& file) {
  return sys::or_default_on_error([&] { return read_status_at(directory, file.c_str()); });
}

/// Observes the /proc that the command is going to see.
void observe_proc(Observation& observed) {
  const ProcStatus own = try_read_status(AT_FDCWD, "/proc/self/status");
  observed.proc = own.pids.empty()       ? ProcShows::nothing
                  : own.pids.size() == 1 ? ProcShows::own_namespace
                                         : ProcShows::parent_namespace;
  observed.proc_pid = own.pid;
}

/// What the processes of pidns share.
struct Shared {
  std::atomic<int> steps{0};
  /// The step that tells of the command's execution, as long as that is not certain.
  std::atomic<std::size_t> held_size{0};
  std::array<char, 16384> held{};
  std::atomic<pid_t> executes{0};  ///< the process that is about to execute it, in the /proc of the start
  std::atomic<bool> stops{false};  ///< before each call: --explain=step
  std::atomic<bool> quit{false};
  std::atomic<int> signal{0};  ///< that has ended the wait for a key
};

/// The signals that end pidns while it waits for a key. Those that its caller ignores or blocks do not.
SignalSet ending_signals(const ProcStatus& own) {
  const auto all =
      SignalSet::of(SIGHUP) | SignalSet::of(SIGINT) | SignalSet::of(SIGQUIT) | SignalSet::of(SIGTERM);
  return all & ~own.ignored & ~own.blocked;
}

}  // namespace

class Narrator::Narration {
 public:
  explicit Narration(const Options& options)
      : own_(try_read_status(proc_.get(), "self/status")),
        pids_(own_.pids),
        style_(choose_style(sys::stderr_width(), std::getenv("NO_COLOR"), std::getenv("TERM"))) {
    style_.colour = wants_colour(options.colour, sys::stderr_width().has_value(), read_colour_environment());
    update_namespaces();
    if (options.explain_step) {
      terminal_ = sys::open_terminal();
      sys::stop_in_background(terminal_);
      started_file_ = open_status(proc_, own_.pid);
      shared_->stops = true;
    }
  }

  void narrate(const Step& step) {
    narrate_execution();
    write_next(step);
  }

  /// Before a call, which is not made if this throws.
  void prepare_call(const sys::Call& call) {
    if (!shared_->stops && !std::holds_alternative<sys::Execute>(call)) {
      return;
    }
    const Observed seen = observe(call, std::nullopt);
    if (shared_->stops) {
      ask(describe_call(call, std::nullopt, seen.observation));
    }
    if (!std::holds_alternative<sys::Execute>(call)) {
      return;
    }
    if (seen.observation.caller == 0) {
      narrate(describe_call(call, std::nullopt, seen.observation));  // there will be nobody to tell it
    } else {
      hold(describe_call(call, sys::Result{}, seen.observation));
    }
  }

  void narrate_call(const sys::Call& call, const sys::Result& result) noexcept {
    try {
      const Observed seen = observe(call, result);
      const Step step = describe_call(call, seen.result, seen.observation);
      forget_execution();  // it has failed, if there was one
      write_next(step);
    } catch (const std::exception&) {
      // Without memory for it the step is not narrated.
    }
  }

  void forget_execution() { shared_->held_size = 0; }

  void narrate_execution() {
    const std::size_t size = shared_->held_size.exchange(0);
    if (size > 0 && !has_ended_before_exec(
                        sys::try_read_file(proc_.get(), fmt::format("{}/stat", shared_->executes.load())))) {
      ++shared_->steps;
      write({shared_->held.data(), size});
    }
  }

  [[nodiscard]] bool has_begun() const { return shared_->steps > 0; }
  [[nodiscard]] bool was_quit() const { return shared_->quit; }
  [[nodiscard]] int signal() const { return shared_->signal; }
  [[nodiscard]] bool lacks_terminal() const { return shared_->stops && !terminal_.valid(); }
  [[nodiscard]] std::size_t width() const { return style_.width; }

 private:
  struct Observed {
    Observation observation;
    std::optional<sys::Result> result;
  };

  static void write(std::string_view text) { sys::write_text(STDERR_FILENO, text, sys::Wait::no); }

  void write_next(const Step& step) { write(render(++shared_->steps, step, style_)); }

  Observed observe(const sys::Call& call, std::optional<sys::Result> result) {
    const ProcStatus own = try_read_status(proc_.get(), "self/status");
    const std::size_t levels = own_.pids.size();
    Observation observed{.outside = pid_at(own.pids, levels), .inside = innermost_pid(own.pids)};
    // The child narrates what fork(2) returns to the parent.
    const bool is_child = std::holds_alternative<sys::Fork>(call) && result && result->error == 0;
    const std::vector<pid_t> caller = is_child ? pids_ : own.pids;
    if (is_child) {
      result->value = pid_at(own.pids, caller.size());
      if (std::get<sys::Fork>(call).memory == sys::Memory::copied) {
        pids_ = own.pids;
      }
    }
    if (pid_at(caller, levels) != started_) {
      observed.caller = innermost_pid(caller);
    }
    const bool enters =
        is_child || std::holds_alternative<sys::Unshare>(call) || std::holds_alternative<sys::SetNs>(call);
    if (enters && result) {
      observed.changes = update_namespaces();
    }
    observed.pid_namespace = namespace_number("pid");
    if (std::holds_alternative<sys::Execute>(call)) {
      observe_proc(observed);
      shared_->executes = own.pid;
    }
    return {observed, result};
  }

  /// Keeps a step until it is certain.
  void hold(const Step& step) {
    const std::string text = render(shared_->steps + 1, step, style_);
    const std::size_t size = std::min(text.size(), shared_->held.size());
    std::copy_n(text.begin(), size, shared_->held.begin());
    shared_->held_size = size;
  }

  void ask(const Step& next) {
    Style style = style_;
    style.width = sys::width_of(terminal_).value_or(style.width);
    const std::string question = render_question(shared_->steps + 1, next, style);
    const Answer answer = [&] {
      // All signals are blocked, and a child of vfork(2) cannot stop alone: keys are read as they are.
      const sys::KeyMode mode(terminal_, sys::SignalKeys::off);
      sys::write_text(terminal_.get(), question, sys::Wait::yes);
      return wait_for_answer();
    }();
    std::string erase = "\r\x1b[K";
    for (auto lines = std::count(question.begin(), question.end(), '\n'); lines > 0; --lines) {
      erase += "\x1b[A\x1b[K";
    }
    sys::write_text(terminal_.get(), erase, sys::Wait::yes);
    if (answer.is_alone) {
      ::_exit(status_failed);  // nobody is left to be told
    }
    shared_->stops = !answer.goes_on_alone;
    shared_->signal = answer.signal;
    if (answer.signal != 0) {
      throw Failure(shell_status({.killed = true, .value = answer.signal}),
                    fmt::format("--explain=step: ended by {} before COMMAND ran", signal_name(answer.signal)),
                    {});
    }
    if (answer.quits) {
      shared_->quit = true;
      throw Failure(status_failed, "--explain=step: ended by a key before COMMAND ran", {});
    }
  }

  struct Answer {
    bool quits = false;
    bool goes_on_alone = false;
    bool is_alone = false;  ///< the pidns that was started has ended
    int signal = 0;         ///< which ends pidns
  };

  Answer wait_for_answer() {
    constexpr int interval = 100;  // milliseconds
    for (;;) {
      sys::wait_readable({&terminal_}, interval);
      if (sys::is_readable(terminal_)) {
        const std::optional<char> key = sys::read_key(terminal_);
        if (!key || *key == 'q' || *key == '\x04') {  // it is hung up; Ctrl-D
          return {.quits = true};
        }
        if (const int signal = signal_of(*key); signal != SIGTSTP) {
          return {.goes_on_alone = *key == 'c', .signal = signal};
        }
      }
      // A signal that waits for the pidns that was started, which cannot take it while its child asks.
      const auto started = started_file_.valid() ? read_status_again(started_file_) : own_;
      if (!started || started->state == 'Z') {
        return {.is_alone = true};
      }
      if (const SignalSet ending = started->pending & ending_; ending != SignalSet()) {
        return {.signal = *ending.begin()};
      }
    }
  }

  /// @return 0 when the key sends none
  static int signal_of(char key) {
    return key == '\x03' ? SIGINT : key == '\x1c' ? SIGQUIT : key == '\x1a' ? SIGTSTP : 0;
  }

  /// Reads the namespaces of this process. @return those that are not the ones read before
  std::vector<NamespaceChange> update_namespaces() {
    std::vector<NamespaceChange> changes;
    for (std::size_t i = 0; i < namespace_kinds.size(); ++i) {
      const ino_t before = std::exchange(namespaces_[i], namespace_number(namespace_kinds[i].file));
      if (namespaces_[i] != before && namespaces_[i] != 0) {
        changes.push_back({.flag = namespace_kinds[i].flag, .before = before, .after = namespaces_[i]});
      }
    }
    return changes;
  }

  /// @return 0 when it cannot be read
  [[nodiscard]] ino_t namespace_number(std::string_view file) const {
    return sys::or_default_on_error(
        [&] { return sys::inode_of(proc_.get(), fmt::format("self/ns/{}", file).c_str()); });
  }

  sys::SharedValue<Shared> shared_;
  // Opened before another proc is mounted over it. Without one there is less to narrate.
  UniqueFd proc_ = sys::or_default_on_error([] { return open_proc(); });
  pid_t started_ = ::getpid();
  ProcStatus own_;  // of the pidns that was started
  // Its status, of --explain=step, open from the start: hidepid may hide it from a child with other IDs.
  UniqueFd started_file_;
  SignalSet ending_ = ending_signals(own_);
  // Of the process whose memory this is: hidepid may hide it from a child that narrates its fork(2).
  std::vector<pid_t> pids_;
  Style style_;
  UniqueFd terminal_;                                       // of --explain=step
  std::array<ino_t, namespace_kinds.size()> namespaces_{};  // their numbers, in the order of the kinds
};

Narrator::Narrator(const Options& options) {
  if (options.explain) {
    narration_ = std::make_unique<Narration>(options);
    observer_ = [this](const sys::Call& call, const std::optional<sys::Result>& result) {
      result ? narration_->narrate_call(call, *result) : prepare(call);
    };
  }
}

Narrator::~Narrator() = default;

void Narrator::prepare(const sys::Call& call) {
  try {
    narration_->prepare_call(call);
  } catch (const Failure&) {
    throw;  // a key has ended --explain=step
  } catch (const std::exception&) {
    // Without memory for it the step is not narrated.
  }
}

void Narrator::narrate_execution() noexcept {
  try {
    if (narration_) {
      narration_->narrate_execution();
    }
  } catch (const std::exception&) {
    // Without memory for it the step is not narrated.
  }
}

void Narrator::forget_execution() noexcept {
  if (narration_) {
    narration_->forget_execution();
  }
}

void Narrator::check_terminal() const {
  if (narration_ && narration_->lacks_terminal()) {
    throw Failure(status_failed, "--explain=step: there is no terminal to read a key from",
                  "leave out =step");
  }
}

unsigned Narrator::width() const {
  return narration_ ? static_cast<unsigned>(narration_->width()) : 0;
}

bool Narrator::was_quit() const {
  return narration_ && narration_->was_quit();
}

int Narrator::ending_signal() const {
  return narration_ ? narration_->signal() : 0;
}

bool Narrator::has_begun() const {
  return narration_ && narration_->has_begun();
}

void Narrator::write(const Step& step) noexcept {
  try {
    narration_->narrate(step);
  } catch (const std::exception&) {
    // Without memory for it the step is not narrated.
  }
}

}  // namespace pidns
