#include "pidns/list/watch.hpp"

#include "support/catch.hpp"

using namespace pidns;

namespace {

Line line(pid_t pid, const std::string& text) {
  Line made;
  made.pieces = {{.text = text}};
  made.subject = {100, pid};
  return made;
}

/// `+b` is new, `-b` has ended.
std::string summary(const std::vector<WatchedLine>& lines) {
  std::string text;
  for (const auto& [line, state] : lines) {
    text += state == WatchedLine::State::fresh ? "+" : state == WatchedLine::State::ended ? "-" : "";
    text += to_text(line, false) + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("a line that is new or has ended is marked in its place", "[listing]") {
  const Line a = line(1, "a");
  const Line b = line(2, "b");
  const Line c = line(3, "c");
  CHECK(summary(compare({a, b}, {a, b})) == "a b ");
  CHECK(summary(compare({a, c}, {a, b, c})) == "a +b c ");
  CHECK(summary(compare({a, b, c}, {a, c})) == "a -b c ");
  CHECK(summary(compare({a, b}, {c})) == "-a -b +c ");
  CHECK(summary(compare({a, b, c}, {})) == "-a -b -c ");
  CHECK(summary(compare({}, {a})) == "+a ");
  CHECK(summary(compare({a}, {line(1, "A")})) == "A ");  // it executes another program
}

TEST_CASE("lines about no namespace are never marked", "[listing]") {
  Line note;
  note.pieces = {{.text = "note"}};
  CHECK(summary(compare({}, {note})) == "note ");
  CHECK(summary(compare({line(1, "a"), note}, {line(1, "a"), note})) == "a note ");
}

TEST_CASE("a picture has no more lines than there is room for", "[listing]") {
  const std::vector<WatchedLine> three = compare({}, {line(1, "a"), line(2, "b"), line(3, "c")});
  const auto same =
      compare({line(1, "a"), line(2, "b"), line(3, "c")}, {line(1, "a"), line(2, "b"), line(3, "c")});
  CHECK(to_picture(same, 3, false) == "a\x1b[K\r\nb\x1b[K\r\nc\x1b[K");
  CHECK(to_picture(same, 2, false) == "a\x1b[K\r\n2 more lines\x1b[K");
  CHECK(to_picture({three[0]}, 3, false) == "\x1b[7ma\x1b[0m\x1b[K");
}

TEST_CASE("a zombie is red where colours are wanted", "[listing]") {
  Line zombie = line(1, "z");
  zombie.is_zombie = true;
  const std::vector<WatchedLine> lines{{.line = zombie, .state = WatchedLine::State::same}};
  CHECK(to_picture(lines, 3, true) == "\x1b[31mz\x1b[0m\x1b[K");
  CHECK(to_picture(lines, 3, false) == "z\x1b[K");
}

TEST_CASE("a picture is shown as long as asked, or longer if it takes long to make", "[listing]") {
  using namespace std::chrono_literals;
  CHECK(time_to_show(1s, 0ms) == 1s);
  CHECK(time_to_show(1s, 52ms) == 1s);
  CHECK(time_to_show(1s, 53ms) == 1100ms);
  CHECK(time_to_show(100ms, 100ms) == 1900ms);
  CHECK(time_to_show(10s, 100ms) == 10s);
}
