#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// A page of docs/ whose blocks of commands are run: what stands there appears on a terminal too.
///
/// A block begins with ```console and, for the second terminal of the page, ```console second. In it `# `
/// stands before what is typed, `$ ` before what nobody types on a terminal of their own, and what follows is
/// the output. A block that begins with ```console or has another output that the last command may have.
/// There
/// - a number of three digits or more stands for any such number, but everywhere on the page for the same
/// one,
///   and two different ones for different ones;
/// - `…` stands for any text within a line, and alone on a line for any lines;
/// - in what is typed, a number that has stood in an output before is the one that was seen there;
/// - how many spaces separate two words means nothing, as columns are as wide as the numbers in them.
namespace page {

struct Command {
  int section;           ///< counted by `## `
  std::size_t terminal;  ///< 0, 1 or that of nobody
  std::string typed;
  std::vector<std::string> output;
  std::vector<std::string> other_output = {};  ///< empty: there is none

  bool operator==(const Command&) const = default;
};

constexpr std::size_t terminal_of_nobody = 2;

/// What procps 4.0.2 to 4.0.4 say where /proc does not show ps itself, which the lesson explains.
constexpr std::string_view error_of_ps = "fatal library error, lookup self";

std::vector<Command> read_commands(const std::string& markdown);

/// The section EXAMPLES of a manual page in mdoc(7) as such a page: what stands between .Bd and .Ed are its
/// blocks.
std::string examples_of(const std::string& manual_page);

/// The keys of JSON objects that the section JSON of a manual page lists.
std::set<std::string> keys_of(const std::string& manual_page);

/// Compares outputs with those on the page, and remembers which number there stands for which.
class Matcher {
 public:
  bool matches(const std::vector<std::string>& expected, const std::vector<std::string>& seen);
  /// What a reader types, who puts in the numbers that were seen.
  [[nodiscard]] std::string typed(std::string_view command) const;

 private:
  bool line_matches(const std::string& expected, const std::string& seen);
  bool same_number(const std::string& expected, const std::string& seen);

  std::map<std::string, std::string> seen_for_;
  std::map<std::string, std::string> expected_for_;
};

}  // namespace page
