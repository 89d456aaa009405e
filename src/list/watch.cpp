#include "pidns/list/watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <optional>
#include <set>

#include "pidns/list/listing.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/sys/terminal.hpp"
#include "pidns/util/colour.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

using Subject = std::pair<ino_t, pid_t>;

/// Lines below the tree are about no namespace.
constexpr Subject nothing{0, 0};

std::set<Subject> subjects_of(const std::vector<Line>& lines) {
  std::set<Subject> subjects;
  for (const Line& line : lines) {
    subjects.insert(line.subject);
  }
  return subjects;
}

std::string styled(const WatchedLine& watched, bool colour) {
  constexpr std::string_view reverse = "\x1b[7m";
  constexpr std::string_view faint = "\x1b[2m";
  constexpr std::string_view red = "\x1b[31m";
  constexpr std::string_view plain = "\x1b[0m";
  if (watched.state == WatchedLine::State::ended) {
    return fmt::format("{}{}{}", faint, to_text(watched.line, false), plain);
  }
  const bool fresh = watched.state == WatchedLine::State::fresh;
  const bool zombie = watched.line.is_zombie && colour;
  if (!fresh && !zombie) {
    return to_text(watched.line, colour);
  }
  return fmt::format("{}{}{}{}", fresh ? reverse : "", zombie ? red : "", to_text(watched.line, false),
                     plain);
}

/// What the terminal is for pidns, as long as it exists: the alternate screen, without a cursor, and with
/// keys that arrive at once and are not shown.
class Screen {
 public:
  explicit Screen(const UniqueFd& terminal) : keys_(terminal) {
    sys::write_all(STDOUT_FILENO, "\x1b[?1049h\x1b[?25l");
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { sys::write_text(STDOUT_FILENO, "\x1b[?25h\x1b[?1049l", sys::Wait::yes); }

 private:
  sys::KeyMode keys_;
};

/// Of this process, so that a terminal that does not read is no reason to wait.
std::chrono::milliseconds processor_time() {
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::clock()) * 1000 / CLOCKS_PER_SEC);
}

class Watch {
 public:
  explicit Watch(const ListRequest& request)
      : request_(request), colour_(wants_colour(request.colour, true, read_colour_environment())) {}

  ExitStatus run() {
    sys::stop_in_background(terminal_);
    sys::set_signal_mask(SignalSet::all());
    std::optional<Screen> screen(std::in_place, terminal_);
    while (true) {
      draw();
      const auto event = wait();
      if (event == Event::leave) {
        return ending_;
      }
      if (event == Event::stop) {
        screen.reset();
        sys::stop_this_process(SIGTSTP, [] { return true; });
        screen.emplace(terminal_);
      }
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Event { redraw, stop, leave };

  void draw() {
    const auto begin = processor_time();
    const auto size = sys::stdout_size();
    std::vector<Line> lines = to_lines(read_listing(request_.targets), size.columns);
    const auto compared = compare(before_ ? *before_ : lines, lines);
    const std::string picture = to_picture(compared, size.rows - 1, colour_);
    pause_ = time_to_show(*request_.watch, processor_time() - begin);
    const std::string title =
        fmt::format("pidns --list, every {:g} s: q leaves", static_cast<double>(pause_.count()) / 1000);
    sys::write_all(STDOUT_FILENO,
                   fmt::format("\x1b[H{}\x1b[K\r\n{}\x1b[J", fit(title, size.columns), picture));
    before_ = std::move(lines);
  }

  /// Waits for a key, a signal, or the time of the next picture.
  Event wait() {
    const auto end = Clock::now() + pause_;
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
      if (left <= 0) {
        return Event::redraw;
      }
      constexpr long long longest = 1'000'000;
      sys::wait_readable({&terminal_, &signals_}, static_cast<int>(std::min<long long>(left, longest)));
      while (const auto signal = sys::next_signal(signals_)) {
        if (const auto event = respond(signal->number)) {
          return *event;
        }
      }
      if (sys::is_readable(terminal_)) {
        const std::string keys = sys::read_packet(terminal_);
        if (keys.empty() || keys.find_first_of("qQ") != std::string::npos) {  // empty: it has been hung up
          return Event::leave;
        }
      }
    }
  }

  std::optional<Event> respond(int signal) {
    switch (default_action(signal)) {
      case DefaultAction::ignore:
        return signal == SIGWINCH ? std::optional(Event::redraw) : std::nullopt;
      case DefaultAction::stop:
        return Event::stop;
      case DefaultAction::terminate:
        break;
    }
    ending_ = {.killed = true, .value = signal};
    return Event::leave;
  }

  const ListRequest& request_;
  bool colour_;
  UniqueFd terminal_ = sys::open_terminal();
  UniqueFd signals_ = sys::open_signalfd(SignalSet::all());
  std::chrono::milliseconds pause_ = *request_.watch;
  std::optional<std::vector<Line>> before_;
  ExitStatus ending_;
};

}  // namespace

std::vector<WatchedLine> compare(const std::vector<Line>& before, const std::vector<Line>& now) {
  const auto present = subjects_of(now);
  const auto known = subjects_of(before);
  // Those that have ended stay where they were: behind the line that was before them.
  std::map<Subject, std::vector<Line>> ended;
  Subject place = nothing;
  for (const Line& line : before) {
    if (present.contains(line.subject)) {
      place = line.subject;
    } else {
      ended[place].push_back(line);
    }
  }
  std::vector<WatchedLine> lines;
  const auto add_ended = [&](const Subject& behind) {
    for (const Line& line : ended[behind]) {
      lines.push_back({.line = line, .state = WatchedLine::State::ended});
    }
  };
  add_ended(nothing);
  for (const Line& line : now) {
    const bool is_fresh = line.subject != nothing && !known.contains(line.subject);
    lines.push_back({.line = line, .state = is_fresh ? WatchedLine::State::fresh : WatchedLine::State::same});
    if (line.subject != nothing) {
      add_ended(line.subject);
    }
  }
  return lines;
}

std::string to_picture(const std::vector<WatchedLine>& lines, std::size_t height, bool colour) {
  const bool all = lines.size() <= height;
  const std::size_t shown = all ? lines.size() : height - std::min<std::size_t>(height, 1);
  std::string picture;
  for (std::size_t i = 0; i < shown; ++i) {
    picture += fmt::format("{}{}\x1b[K", i == 0 ? "" : "\r\n", styled(lines[i], colour));
  }
  if (!all) {
    picture += fmt::format("\r\n{} more lines\x1b[K", lines.size() - shown);
  }
  return picture;
}

std::chrono::milliseconds time_to_show(std::chrono::milliseconds asked, std::chrono::milliseconds took) {
  const auto enough = took * 19;
  const auto in_tenths = std::chrono::ceil<std::chrono::duration<std::int64_t, std::deci>>(enough);
  return std::max<std::chrono::milliseconds>(asked, in_tenths);
}

ExitStatus watch_namespaces(const ListRequest& request) {
  if (!sys::stdout_width()) {
    throw Failure(status_failed, "--watch: stdout is not a terminal", "--list alone prints the listing once");
  }
  return Watch(request).run();
}

}  // namespace pidns
