#include "pidns/list/tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "pidns/util/text.hpp"

namespace pidns {

namespace {

std::string command_text(const Listing::Process& process) {
  if (!process.arguments.empty()) {
    return on_one_line(fmt::format("{}", fmt::join(process.arguments, " ")));
  }
  return fmt::format("[{}]{}", on_one_line(process.name), process.state == 'Z' ? " <defunct>" : "");
}

/// A process, and the branch drawn before its command.
struct Row {
  const Listing::Process* process;
  std::string branch;
};

/// Orders processes as a tree. Not recursive: a long chain of processes would overflow the stack.
class TreeBuilder {
 public:
  std::vector<Row> build(const std::vector<Listing::Process>& processes) {
    std::set<pid_t> here;
    for (const auto& process : processes) {
      here.insert(process.pids.front());
    }
    std::vector<const Listing::Process*> starts;
    for (const auto& process : processes) {
      (here.contains(process.parent) ? children_[process.parent] : starts).push_back(&process);
    }
    // A PID that was reused while we read can make a circle: then start anywhere.
    for (const auto& process : processes) {
      starts.push_back(&process);
    }
    for (const Listing::Process* start : starts) {
      add(*start);
    }
    return std::move(rows_);
  }

 private:
  struct Step {
    const Listing::Process* process;
    std::string before;  // of its parent's children
    bool is_start;
    bool is_last;
  };

  void add(const Listing::Process& start) {
    std::vector<Step> steps{{&start, "", true, true}};
    while (!steps.empty()) {
      const Step step = std::move(steps.back());
      steps.pop_back();
      const pid_t pid = step.process->pids.front();
      if (!added_.insert(pid).second) {
        continue;
      }
      rows_.push_back({step.process, step.before + (step.is_start ? "" : step.is_last ? "`- " : "|- ")});
      const std::string before = step.before + (step.is_start ? "" : step.is_last ? "   " : "|  ");
      const auto& children = children_[pid];
      for (auto child = children.rbegin(); child != children.rend(); ++child) {
        steps.push_back({*child, before, false, child == children.rbegin()});
      }
    }
  }

  std::map<pid_t, std::vector<const Listing::Process*>> children_;
  std::set<pid_t> added_;
  std::vector<Row> rows_;
};

std::string inside_text(const Listing::Process& process) {
  return process.pids.size() > 1
             ? fmt::format("{}", fmt::join(process.pids.begin() + 1, process.pids.end(), "/"))
             : "-";
}

std::string count_text(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "process" : "processes");
}

std::string header_text(const Listing::Namespace& ns) {
  std::string text = fmt::format("pid:[{}]", ns.number);
  if (const Listing::Process* first = first_process(ns)) {
    text += "  " + on_one_line(first->user);
  }
  text += "  " + (ns.process_count == 0 ? "no process that can be seen" : count_text(ns.process_count));
  if (ns.maker) {
    text += fmt::format("  {} {} {}", ns.maker->is_pid_1 ? "child of" : "made by",
                        on_one_line(ns.maker->name), ns.maker->pid);
  }
  return text + (ns.own ? "  (yours)" : "");
}

class TreeWriter {
 public:
  TreeWriter(const Listing& listing, std::optional<std::size_t> width) : listing_(listing), width_(width) {}

  std::string write() {
    write_below(0, "");
    if (listing_.hidden_processes > 0) {
      write_line(
          fmt::format("{} could not be looked at: not permitted", count_text(listing_.hidden_processes)));
    }
    if (!listing_.hidepid.empty()) {
      write_line(fmt::format("there may be more: /proc is mounted with hidepid={}", listing_.hidepid));
    }
    return std::move(text_);
  }

 private:
  void write_line(std::string_view line) {
    text_ += width_ ? fit(line, *width_) : line;
    text_ += '\n';
  }

  [[nodiscard]] std::vector<const Listing::Namespace*> children_of(ino_t parent) const {
    std::vector<const Listing::Namespace*> children;
    for (const auto& ns : listing_.namespaces) {
      if (ns.parent == parent) {
        children.push_back(&ns);
      }
    }
    return children;
  }

  /// @param indent of the lines below the parent
  // NOLINTNEXTLINE(misc-no-recursion): namespaces nest 32 levels deep at most
  void write_below(ino_t parent, const std::string& indent) {
    const auto children = children_of(parent);
    for (const Listing::Namespace* ns : children) {
      const bool is_last = ns == children.back();
      const std::string branch = parent == 0 ? "" : is_last ? "`- " : "|- ";
      const std::string below = indent + (parent == 0 ? "" : is_last ? "   " : "|  ");
      write_line(indent + branch + header_text(*ns));
      write_processes(*ns, below + (children_of(ns->number).empty() ? "   " : "|  "));
      write_below(ns->number, below);
    }
  }

  void write_processes(const Listing::Namespace& ns, const std::string& indent) {
    if (ns.processes.empty()) {
      return;
    }
    std::size_t inside_width = std::strlen("INSIDE");
    std::size_t user_width = std::strlen("USER");
    for (const auto& process : ns.processes) {
      inside_width = std::max(inside_width, inside_text(process).size());
      user_width = std::max(user_width, on_one_line(process.user).size());
    }
    const auto write_row = [&](auto outside, std::string_view inside, std::string_view user,
                               std::string_view command) {
      write_line(fmt::format("{}{:>7}  {:>{}}  {:{}}  {}", indent, outside, inside, inside_width, user,
                             user_width, command));
    };
    write_row("OUTSIDE", "INSIDE", "USER", "COMMAND");
    for (const auto& [process, branch] : TreeBuilder().build(ns.processes)) {
      write_row(process->pids.front(), inside_text(*process), on_one_line(process->user),
                branch + command_text(*process));
    }
  }

  const Listing& listing_;
  std::optional<std::size_t> width_;
  std::string text_;
};

}  // namespace

std::string to_text(const Listing& listing, std::optional<std::size_t> width) {
  return TreeWriter(listing, width).write();
}

}  // namespace pidns
