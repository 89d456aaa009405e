#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <regex>

#include "harness.hpp"
#include "parity_table.hpp"
#include "support/catch.hpp"

using namespace harness;
using parity::Row;
using parity::User;

namespace {

/// Where the lines run: a directory that the user nobody can enter, on a private mount among shared ones.
class Scene {
 public:
  Scene() {
    copy(pidns_binary(), "/pidns");
    copy(parity_probe(), "/probe");
    for (const std::string name : {"/a", "/b", "/c"}) {
      write_file(path() + name, "");
    }
    std::filesystem::create_directory(path() + "/dir");
    write_file(path() + "/subids", "root:100000:200000\nnobody:100000:65536\n");
    // The probe is at the same place in there.
    std::filesystem::create_directories(path() + "/root" + path());
    copy(path() + "/probe", "/root" + path() + "/probe");
    for (const std::string name : {"/root/proc", "/root/other"}) {
      std::filesystem::create_directory(path() + name);
    }
  }

  [[nodiscard]] const std::string& path() const { return directory_.path(); }

  [[nodiscard]] std::string with_path(std::string_view text) const {
    std::string replaced;
    for (const char c : text) {
      replaced += c == '@' ? path() : std::string(1, c);
    }
    return replaced;
  }

  /// Runs one of the two programs with some options; afterwards the probe once more in the namespaces it has
  /// pinned.
  [[nodiscard]] Result run(const std::string& program, std::string_view options, const Row& row) const {
    std::vector<std::string> line{"env", "-i",          "PATH=" + std::string(std::getenv("PATH")),
                                  "A=1", "B=two words", "C="};
    if (row.command == "=") {
      line.push_back("SHELL=" + path() + "/dir/shell");
    }
    line.push_back(program);
    for (std::string& word : split(options)) {
      line.push_back(with_path(word));
    }
    std::vector<std::string> command = command_of(row);
    if (program == "unshare" && row.command.empty() && row.refused.empty()) {
      const std::vector<std::string> files = pinned_files(line);
      command.insert(command.end(), files.begin(), files.end());
    }
    line.insert(line.end(), command.begin(), command.end());
    if (row.who == User::nobody) {
      line = as_nobody(std::move(line));
    }
    // The facts are taken in there: the mount namespace of the scene is not that of the test.
    const std::string script = R"(
directory=$1
nsenter=$2
shift 2
facts=$("$directory/probe" facts)
for word; do
  [ "$word" != FACTS ] || word=$facts
  set -- "$@" "$word"
  shift
done
"$@"
status=$?
[ -z "$nsenter" ] || nsenter $nsenter "$directory/probe" "$facts"
exit $status)";
    const std::vector<std::string> shell{"sh", "-c", script, "sh", path(), with_path(row.enter)};
    line.insert(line.begin(), shell.begin(), shell.end());
    return harness::run(after_mounting(mounts(), line),
                        {.directory = path(), .before_exec = stay_on_one_cpu});
  }

 private:
  /// The script that makes the scene around a line.
  [[nodiscard]] std::string mounts() const {
    return "directory=" + path() + R"(
mount --make-rshared /
for file in /etc/subuid /etc/subgid; do
  mount --bind $directory/subids $file
done
cd $directory
mount --bind . .
mount --make-private $directory
cd $directory)";
  }

  /// The files that namespaces are bound to, where the command can see that: not from a new mount namespace.
  static std::vector<std::string> pinned_files(const std::vector<std::string>& line) {
    std::map<std::string, std::string> files;  // by option, of which the last one counts
    for (const std::string& word : line) {
      if (word.starts_with("--mount")) {
        return {};
      }
      for (const char* option : {"--uts=", "--ipc=", "--net=", "--cgroup=", "--time=", "--pid="}) {
        if (word.starts_with(option)) {
          files[option] = word.substr(std::string_view(option).size());
        }
      }
    }
    std::vector<std::string> names;
    for (const auto& [option, file] : files) {
      names.push_back(file);
    }
    return names;
  }

  void copy(const std::filesystem::path& file, const std::string& name) const {
    std::filesystem::copy_file(file, path() + name);
  }

  /// Words that end with a space; `two=` with nothing behind it is a word too.
  static std::vector<std::string> split(std::string_view text) { return words(std::string(text)); }

  [[nodiscard]] std::vector<std::string> command_of(const Row& row) const {
    if (row.command.empty()) {
      return {path() + "/probe", "FACTS", "42"};
    }
    if (row.command.front() == '=') {
      std::vector<std::string> raw = split(row.command.substr(1));
      std::transform(raw.begin(), raw.end(), raw.begin(), [&](const auto& word) { return with_path(word); });
      return raw;
    }
    return {"sh", "-c", with_path(row.command)};
  }

  TemporaryDirectory directory_;
};

using Lines = std::vector<std::string>;

std::string key_of(const std::string& line) {
  return line.substr(0, line.find('='));
}

/// Without what pidns always does: it dies together with the command, which --kill-child asks unshare for.
Lines comparable(const Result& result, std::string_view options) {
  Lines compared = lines(result.out);
  if (options.find("--kill-child") == std::string_view::npos) {
    std::erase_if(compared, [](const std::string& line) { return key_of(line) == "at_death_of_parent"; });
  }
  return compared;
}

/// The report that the manual page promises: that of unshare without the option, changed where the option
/// changes it.
Lines promised(Lines report, const std::string& changes, bool is_report) {
  if (!is_report) {
    return lines(std::regex_replace(changes, std::regex(";"), "\n"));
  }
  for (const std::string& change : lines(std::regex_replace(changes, std::regex("\\|"), "\n"))) {
    const std::string key = key_of(change);
    const std::string value = change.substr(key.size() + 1);
    if (key == "mount") {
      report.push_back(change);
      continue;
    }
    if (key == "-mount") {
      report.erase(std::find(report.begin(), report.end(), change.substr(1)));
      continue;
    }
    for (std::string& line : report) {
      if (key_of(line) == key) {
        const bool adds = value.starts_with('+');
        line = key + "=" +
               (adds ? std::to_string(std::stoi(line.substr(key.size() + 1)) + std::stoi(value.substr(1)))
                     : value);
      }
    }
  }
  return report;
}

/// The order of mounts is that of the table, which is not what is compared.
Lines sorted(Lines report) {
  std::sort(report.begin(), report.end());
  return report;
}

std::string without_pids(const std::string& text) {
  return std::regex_replace(text, std::regex("/proc/[0-9]+/"), "/proc/*/");
}

}  // namespace

TEST_CASE("a line of unshare does the same with pidns", "[parity]") {
  const Scene scene;
  write_file(scene.path() + "/dir/shell", "#!/bin/sh\necho shell\n");
  std::filesystem::permissions(scene.path() + "/dir/shell", std::filesystem::perms(0755));
  std::array<char, 65> hostname{};
  REQUIRE(::gethostname(hostname.data(), hostname.size()) == 0);

  std::size_t equal = 0;
  std::map<std::string, int> differences;
  for (const Row& row : parity::rows()) {
    const std::string_view for_unshare = row.for_unshare.data() == nullptr ? row.line : row.for_unshare;
    INFO((row.who == User::root ? "root: pidns " : "nobody: pidns ") << row.line << ' ' << row.command);
    const Result theirs = scene.run("unshare", for_unshare, row);
    const Result ours = scene.run(scene.path() + "/pidns", row.line, row);
    INFO("unshare:\n" << theirs.out << theirs.err << "pidns:\n" << ours.out << ours.err);
    if (!row.refused.empty()) {
      const bool is_known_to_both = row.differs.empty();
      CHECK((theirs.status() != 0 || !is_known_to_both || for_unshare != row.line));
      CHECK(ours.status() == 125);
      CHECK(without_pids(message_of(ours).text) == scene.with_path(row.refused));
      ++differences[is_known_to_both ? "the status of a refusal is 125" : std::string(row.differs)];
      continue;
    }
    const bool is_report = row.command.empty();
    const Lines expected =
        row.promised.data() == nullptr
            ? comparable(theirs, row.line)
            : promised(comparable(theirs, row.line), scene.with_path(row.promised), is_report);
    CHECK(sorted(comparable(ours, row.line)) == sorted(expected));
    CHECK(ours.status() == theirs.status());
    if (is_report) {
      CHECK(ours.status() == 42);
    }
    row.differs.empty() ? void(++equal) : void(++differences[std::string(row.differs)]);
  }

  std::array<char, 65> hostname_after{};
  REQUIRE(::gethostname(hostname_after.data(), hostname_after.size()) == 0);
  CHECK(std::string(hostname.data()) == hostname_after.data());
  const std::size_t total = parity::rows().size();
  CHECK(total >= 120);
  std::cout << fmt::format("{} lines compared, {} equal, {} differ by name:\n", total, equal, total - equal);
  for (const auto& [name, count] : differences) {
    std::cout << fmt::format("{:4} {}\n", count, name);
  }
}
