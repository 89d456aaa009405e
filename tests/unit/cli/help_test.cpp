#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/cli/option_table.hpp"
#include "pidns/util/text.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    lines.emplace_back(consume_until(text, '\n'));
  }
  return lines;
}

}  // namespace

TEST_CASE("the help names every option", "[cli]") {
  for (const char* option : {"-p, --pid[=FILE]",
                             "-f, --fork",
                             "--no-fork",
                             "--mount-proc[=DIR]",
                             "--kill-child[=SIGNAL]",
                             "--no-kill-child",
                             "--forward-signals",
                             "--new-session",
                             "-m, --mount[=FILE]",
                             "-u, --uts[=FILE]",
                             "-i, --ipc[=FILE]",
                             "-n, --net[=FILE]",
                             "-C, --cgroup[=FILE]",
                             "-T, --time[=FILE]",
                             "-U, --user[=FILE]",
                             "--monotonic=SECONDS",
                             "--boottime=SECONDS",
                             "--map-user=UID",
                             "--map-group=GID",
                             "--map-users=MAP",
                             "--map-groups=MAP",
                             "--map-auto",
                             "--map-subids",
                             "-r, --map-root-user",
                             "-c, --map-current-user",
                             "--owner=UID:GID",
                             "--setgroups=MODE",
                             "--keep-caps",
                             "-S, --setuid=UID",
                             "-G, --setgid=GID",
                             "--no-user",
                             "--propagation=MODE",
                             "-R, --root=DIR",
                             "-w, --wd=DIR",
                             "--mount-binfmt[=DIR]",
                             "-l, --load-interp=DEFINITION",
                             "--clear-env",
                             "--whitelist-env=LIST",
                             "--list[=WHAT]",
                             "--json",
                             "--dot",
                             "--watch[=SECONDS]",
                             "--join=WHAT",
                             "--check",
                             "--color=WHEN",
                             "--explain",
                             "-v, --verbose",
                             "-h, --help",
                             "--completion=SHELL",
                             "-V, --version"}) {
    CHECK_THAT(help_text(), Catch::Contains(option));
  }
}

TEST_CASE("the help fits 80 columns and ends with three examples", "[cli]") {
  const std::string text = help_text();
  CHECK(text.ends_with('\n'));
  std::string_view rest = text;
  std::vector<std::string> lines;
  while (!rest.empty()) {
    lines.emplace_back(consume_until(rest, '\n'));
    INFO(lines.back());
    CHECK(lines.back().size() <= 80);
    CHECK_FALSE(lines.back().ends_with(' '));
  }
  REQUIRE(lines.size() > 4);
  CHECK(*(lines.end() - 4) == "Examples:");
  for (auto line = lines.end() - 3; line != lines.end(); ++line) {
    CHECK_THAT(*line, Catch::Contains("pidns "));
  }
}

TEST_CASE("the short help fits a page and is a part of the whole one", "[cli]") {
  const auto lines = lines_of(short_help_text());
  CHECK(lines.size() <= 27);
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(line.size() <= 80);
    CHECK_FALSE(line.ends_with(' '));
    const bool is_heading = !line.starts_with(' ') && line.ends_with(':');
    CHECK((is_heading || help_text().find(line + '\n') != std::string::npos));
  }
}

TEST_CASE("the help begins with the modes and ends with the maps", "[cli]") {
  const std::string text = help_text();
  const auto at = [&](std::string_view word) { return text.find("\n" + std::string(word)); };
  const std::vector<std::size_t> places{text.find("Usage: pidns"),
                                        text.find("pidns --list"),
                                        text.find("pidns --join"),
                                        at("Modes"),
                                        at("Basic steps"),
                                        at("General"),
                                        at("User namespace"),
                                        at("Exit status"),
                                        at("Examples")};
  CHECK(std::count(places.begin(), places.end(), std::string::npos) == 0);
  CHECK(std::is_sorted(places.begin(), places.end()));
  CHECK(text.find("--map-users") < text.find("Exit status"));
  CHECK(text.find("--map-users") > text.find("--clear-env"));
}

TEST_CASE("the description of an option stands alone", "[cli]") {
  for (const OptionSpec& option : option_table()) {
    CAPTURE(option.name, option.description);
    for (const char* word : {"above", "below that", "both of", "the same way", "likewise", "that binfmt_misc",
                             "with the init:"}) {
      CHECK_THAT(std::string(option.description), !Catch::Contains(word));
    }
    const std::string_view first = option.description.substr(0, option.description.find(' '));
    CHECK(std::all_of(first.begin(), first.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
  }
}

TEST_CASE("bold headings change nothing else", "[cli]") {
  for (const std::string& text : {help_text(), short_help_text()}) {
    std::string bold = with_bold_headings(text);
    CHECK(bold.starts_with("\x1b[1mUsage:\x1b[0m pidns"));
    CHECK_THAT(bold, Catch::Contains("\n\x1b[1mExamples:\x1b[0m\n"));
    for (const std::string_view code : {"\x1b[1m", "\x1b[0m"}) {
      for (auto at = bold.find(code); at != std::string::npos; at = bold.find(code)) {
        bold.erase(at, code.size());
      }
    }
    CHECK(bold == text);
  }
}
