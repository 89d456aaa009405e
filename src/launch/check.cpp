#include "pidns/launch/check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "pidns/launch/hints.hpp"
#include "pidns/launch/kernel.hpp"
#include "pidns/launch/user_namespace.hpp"
#include "pidns/proc/pid_namespace.hpp"
#include "pidns/process/child_process.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/process/subprocess.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/colour.hpp"
#include "pidns/util/namespaces.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

constexpr const char* program = "/proc/self/exe";

/// Runs pidns with these options and the command `pidns --version`.
Finding try_options(std::string what, std::vector<std::string> options, std::string success) {
  options.insert(options.begin(), program);
  options.insert(options.end(), {program, "--version"});
  const SubprocessResult result = run_and_capture(options, STDERR_FILENO);
  const int status = shell_status(result.status);
  return {.ok = status == 0,
          .what = std::move(what),
          .text = status == 0 ? std::move(success) : failure_text(result.output, status)};
}

Finding try_pid_namespace() {
  return try_options("PID namespace", {"--fork"},
                     can_create_namespaces() ? "with CAP_SYS_ADMIN" : "inside a user namespace");
}

Finding try_newuidmap() {
  constexpr const char* what = "newuidmap";
  return sys::has_capability(CAP_SETUID) && sys::has_capability(CAP_SETGID)
             ? try_options(what, {"--fork", "--map-users=0:0:1", "--map-groups=0:0:1"},
                           "not needed: with CAP_SETUID pidns maps IDs itself")
             : try_options(what, {"--fork", "--map-auto"}, "maps the subordinate IDs of this user");
}

/// Makes PID namespaces, each inside the one before, as long as that works, and exits with their number.
[[noreturn]] void nest() noexcept {
  try {
    sys::unshare(CLONE_NEWPID, {});
    const pid_t child = sys::spawn(sys::Memory::copied, {}, [] { nest(); });
    const siginfo_t end = sys::wait_for(child, WEXITED);
    ::_exit(end.si_code == CLD_EXITED ? end.si_status + 1 : 0);
  } catch (const sys::Error&) {
    ::_exit(0);
  }
}

[[noreturn]] void nest_from_here() noexcept {
  try {
    if (!can_create_namespaces()) {
      sys::unshare(CLONE_NEWUSER, {});
    }
    nest();
  } catch (const sys::Error&) {
    ::_exit(0);
  }
}

Finding try_nesting() {
  const pid_t child = sys::spawn(sys::Memory::copied, {}, [] { nest_from_here(); });
  const siginfo_t end = sys::wait_for(child, WEXITED);
  const int levels = end.si_code == CLD_EXITED ? end.si_status : 0;
  if (levels > 0) {
    return {.ok = true,
            .what = "nesting",
            .text = fmt::format("{} more level{}", levels, levels == 1 ? "" : "s")};
  }
  return {.ok = false,
          .what = "nesting",
          .text = sys::at_deepest_pid_namespace()
                      ? "PID namespaces nest at most 32 levels, and this is the deepest: run it further out"
                      : "no PID namespace can be made in here"};
}

Finding look_at_limits() {
  constexpr int needed = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS;
  if (std::string hint = hint_for_zero_limit(needed); !hint.empty()) {
    return {.ok = false, .what = "limits", .text = std::move(hint)};
  }
  std::string text;
  for (const NamespaceKind& kind : namespace_kinds) {
    const std::string limit =
        sys::try_read_file(AT_FDCWD, fmt::format("/proc/sys/user/max_{}_namespaces", kind.file));
    if ((needed & kind.flag) != 0 && !limit.empty()) {
      text += fmt::format("{}{} {} namespaces", text.empty() ? "" : ", ", leading_number<long>(limit),
                          kind.title);
    }
  }
  return {.ok = true, .what = "limits", .text = text.empty() ? "this kernel has none of namespaces" : text};
}

Finding look_at_hidepid() {
  const UniqueFd proc = sys::open_directory("/proc", "cannot open /proc");
  const std::string hidepid = hiding_option(proc, sys::read_file(AT_FDCWD, "/proc/self/mountinfo"));
  return {
      .ok = hidepid.empty(),
      .what = "hidepid",
      .text = hidepid.empty()
                  ? "/proc hides no process from this user"
                  : fmt::format("/proc is mounted with hidepid={}: run --list and --join as root", hidepid)};
}

Finding look_at_kernel() {
  const std::string release = kernel_release();
  const bool ok = is_new_enough(release);
  return {
      .ok = ok,
      .what = "kernel",
      .text = ok ? fmt::format("Linux {}", release) : fmt::format("Linux {}: {}", release, kernel_needed)};
}

/// How often the first stage of the lesson, a /proc that is still that of the parent namespace, is too much
/// for ps: procps 4.0.2 to 4.0.4 ask /proc for the number that it has inside.
Finding try_ps() {
  constexpr std::string_view what = "ps with --fork";
  constexpr const char* script =
      "command -v ps >/dev/null || exit 1\n"
      "for i in 1 2 3 4 5 6 7 8 9 10; do ps -A 2>&1 >/dev/null | { read -r e && echo \"$e\" >&2; }; done\n"
      "exit 0\n";
  const SubprocessResult result = run_and_capture({program, "--fork", "sh", "-c", script}, STDERR_FILENO);
  const int status = shell_status(result.status);
  if (status != 0) {
    return {.ok = false,
            .what = std::string(what),
            .text = status == 1 ? "there is no ps: install procps" : failure_text(result.output, status)};
  }
  const auto failures = std::count(result.output.begin(), result.output.end(), '\n');
  if (failures > 0) {
    return {.ok = false,
            .what = std::string(what),
            .text = fmt::format("{}, {} of 10 times: with --fork alone, type ls -l /proc/$$/ns instead",
                                result.output.substr(0, result.output.find('\n')), failures)};
  }
  return {.ok = true, .what = std::string(what), .text = "lists the processes outside, 10 of 10 times"};
}

Finding untested(std::string what) {
  return {.ok = false, .what = std::move(what), .text = "not tested: it needs a PID namespace"};
}

Finding without_error(Finding (*look)(), std::string_view what) {
  try {
    return look();
  } catch (const sys::Error& error) {
    return {.ok = false, .what = std::string(what), .text = error.what()};
  }
}

}  // namespace

std::string to_text(const std::vector<Finding>& findings, bool colour) {
  constexpr std::string_view bold = "\x1b[1m";
  std::size_t width = 0;
  for (const Finding& finding : findings) {
    width = std::max(width, finding.what.size());
  }
  std::string text;
  for (const Finding& finding : findings) {
    const bool stands_out = colour && !finding.ok;
    text += fmt::format("{}{}  {:{}}  {}{}\n", stands_out ? bold : "", finding.ok ? "ok" : "no", finding.what,
                        width, on_one_line(finding.text), stands_out ? no_colour : "");
  }
  return text;
}

std::string failure_text(std::string_view output, int status) {
  std::string message = fmt::format("ends with status {}", status);
  std::string hint;
  while (!output.empty()) {
    std::string_view line = consume_until(output, '\n');
    constexpr std::string_view name = "pidns: ";
    constexpr std::string_view hint_mark = "hint: ";
    if (!line.starts_with(name)) {
      continue;
    }
    line.remove_prefix(name.size());
    if (line.starts_with(hint_mark)) {
      hint = line.substr(hint_mark.size());
    } else {
      message = line;
    }
  }
  return hint.empty() ? message : fmt::format("{}: {}", message, hint);
}

std::vector<Finding> check_machine() {
  sys::set_default_disposition(SIGCHLD);  // while it is ignored, no child can be waited for
  const Finding pid_namespace = try_pid_namespace();
  return {
      try_options("pidns COMMAND", {}, "works"),
      pid_namespace,
      try_options("user namespace", {"--fork", "--map-current-user"}, "can be made"),
      try_options("own /proc", {"--mount-proc"}, "can be mounted"),
      try_nesting(),
      look_at_limits(),
      without_error(look_at_hidepid, "hidepid"),
      try_newuidmap(),
      look_at_kernel(),
      pid_namespace.ok ? try_ps() : untested("ps with --fork"),
  };
}

}  // namespace pidns
