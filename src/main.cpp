#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "pidns/cli/command_line.hpp"
#include "pidns/cli/option_table.hpp"
#include "pidns/explain/layout.hpp"
#include "pidns/explain/log.hpp"
#include "pidns/launch/capabilities.hpp"
#include "pidns/launch/check.hpp"
#include "pidns/launch/launch.hpp"
#include "pidns/list/list.hpp"
#include "pidns/list/watch.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/process/sealed_copy.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/terminal.hpp"
#include "pidns/util/colour.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace {

/// pidns is not built to hold privilege over its caller. AT_SECURE alone does not say that it does: the
/// kernel sets it also where no_new_privs has taken the privilege away, and a security module may:
/// getauxval(3).
void refuse_raised_privilege() {
  if (::getauxval(AT_SECURE) != 0 &&
      (::getuid() != ::geteuid() || ::getgid() != ::getegid() || pidns::has_capabilities_of_its_file())) {
    throw pidns::Failure(
        pidns::status_failed, "refusing to run: set-user-ID, set-group-ID or file capabilities",
        "install it without them: pidns needs no privilege where user namespaces are allowed");
  }
}

void print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) == EOF) {
    pidns::sys::throw_error(pidns::sys::Syscall::write, errno, "cannot write to stdout");
  }
}

bool bold_is_shown() {
  return pidns::choose_style(pidns::sys::stdout_width(), std::getenv("NO_COLOR"), std::getenv("TERM")).colour;
}

pidns::ExitStatus run(std::span<char* const> words, pidns::Log& log) {
  refuse_raised_privilege();
  const auto request = pidns::parse(words.subspan(words.empty() ? 0 : 1));
  if (const auto* printout = std::get_if<pidns::Printout>(&request)) {
    print(printout->is_help && bold_is_shown() ? pidns::with_bold_headings(printout->text) : printout->text);
    return {};
  }
  if (const auto* list = std::get_if<pidns::ListRequest>(&request)) {
    if (list->watch) {
      return pidns::watch_namespaces(*list);
    }
    print(pidns::list_namespaces(*list));
    return {};
  }
  if (const auto* check = std::get_if<pidns::CheckRequest>(&request)) {
    const auto findings = pidns::check_machine();
    const bool to_terminal = pidns::sys::stdout_width().has_value();
    print(pidns::to_text(findings,
                         pidns::wants_colour(check->colour, to_terminal, pidns::read_colour_environment())));
    return {.killed = false, .value = findings.front().ok ? 0 : 1};
  }
  const auto& options = std::get<pidns::Options>(request);
  log.set_verbosity(options.verbosity);
  if (options.join) {
    pidns::run_from_sealed_copy(words);
  }
  return pidns::launch(options, log);
}

/// Prints why pidns cannot continue. A PID 1 whose parent does not listen prints for itself:
/// launch/child.cpp.
pidns::ExitStatus run_or_explain(std::span<char* const> words, pidns::Log& log) {
  try {
    return run(words, log);
  } catch (const pidns::Failure& failure) {
    log.failure(failure);
    return {.killed = false, .value = failure.status};
  } catch (const pidns::UsageError& error) {
    log.failure(pidns::Failure(pidns::status_failed, error.what(), error.hint));
    return {.killed = false, .value = pidns::status_failed};
  } catch (const std::exception& error) {
    log.error("{}", pidns::on_one_line(error.what()));
    return {.killed = false, .value = pidns::status_failed};
  }
}

}  // namespace

int main(int argc, char** argv) {
  pidns::Log log;
  pidns::exit_like(run_or_explain({argv, argv + argc}, log));
}
