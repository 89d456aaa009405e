#pragma once

#include <span>
#include <string_view>

/// The lines that unshare(1) and pidns are compared on.
namespace parity {

enum class User { root, nobody };

/// One line: the options that both programs are given, and what the comparison is to show. In the texts `@`
/// stands for a directory of the test's own, which holds regular files a, b and c, a directory `dir`, and
/// `root`, a root directory.
struct Row {
  User who;
  std::string_view line;  ///< the options

  /// What unshare is given instead, as one without the option or the default that the row is about.
  std::string_view for_unshare = {};
  /// What follows for the report of pidns, `name=value` separated by `|`: the manual page of util-linux 2.43
  /// promises it, where the unshare of this machine lacks the option. A name alone: no such line. Nothing: as
  /// from unshare.
  std::string_view promised = {};
  /// Both programs refuse the line, and this is pidns's message. Its status is 125, that of unshare 1.
  std::string_view refused = {};
  /// pidns differs on purpose: the name of the difference. `promised` and `refused` say how.
  std::string_view differs = {};
  /// What runs instead of the probe.
  std::string_view command = {};
  /// Options of nsenter(1) that enter the namespaces pinned to @/a and so on, to run the probe a second time.
  std::string_view enter = {};
};

std::span<const Row> rows();

}  // namespace parity
