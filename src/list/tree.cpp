#include "pidns/list/tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <set>

#include "pidns/util/colour.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

std::string command_text(const Listing::Process& process) {
  if (!process.arguments.empty()) {
    return on_one_line(fmt::format("{}", fmt::join(process.arguments, " ")));
  }
  return fmt::format("[{}]{}", on_one_line(process.name), process.state == 'Z' ? " <defunct>" : "");
}

namespace {

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

/// Puts the pieces of a line together.
class LineBuilder {
 public:
  LineBuilder& add(std::string text, Line::Colour colour = Line::Colour::none) {
    line_.pieces.push_back({.text = std::move(text), .colour = colour});
    return *this;
  }

  LineBuilder& before(std::string text) {
    line_.pieces.insert(line_.pieces.begin(), {.text = std::move(text)});
    return *this;
  }

  LineBuilder& about(ino_t ns, pid_t pid = 0) {
    line_.subject = {ns, pid};
    return *this;
  }

  LineBuilder& zombie(bool is_zombie) {
    line_.is_zombie = is_zombie;
    return *this;
  }

  Line build(std::optional<std::size_t> width) {
    if (width && cut(*width).second) {
      line_.pieces = cut(*width - std::min<std::size_t>(*width, 1)).first;
      line_.pieces.push_back({.text = "\u2026"});
    }
    return std::move(line_);
  }

 private:
  /// @return what fits into so many columns, and whether anything does not
  [[nodiscard]] std::pair<std::vector<Line::Piece>, bool> cut(std::size_t columns) const {
    std::vector<Line::Piece> pieces;
    for (const auto& [text, colour] : line_.pieces) {
      const std::string_view start = fit(text, columns);
      pieces.push_back({.text = std::string(start), .colour = colour});
      if (start.size() < text.size()) {
        return {std::move(pieces), true};
      }
      columns -= columns_of(start);
    }
    return {std::move(pieces), false};
  }

  Line line_;
};

std::string kept_text(const Listing::Namespace& ns) {
  return ns.kept_in.empty()
             ? ""
             : fmt::format("  kept in {}{}", on_one_line(fmt::format("{}", fmt::join(ns.kept_in, ", "))),
                           ns.process_count == 0 ? ", no process" : "");
}

std::string front_text(const Listing::Namespace& ns) {
  std::string text = fmt::format("pid:[{}]", ns.number);
  if (const Listing::Process* first = first_process(ns)) {
    text += "  " + on_one_line(first->user);
  }
  if (ns.process_count > 0) {
    text += "  " + count_text(ns.process_count);
  } else if (ns.kept_in.empty()) {
    text += "  no process that can be seen";
  }
  return text;
}

std::string own_text(const Listing::Namespace& ns) {
  return ns.own ? "  (yours)" : "";
}

LineBuilder header_line(const Listing::Namespace& ns) {
  LineBuilder line;
  line.about(ns.number).add(front_text(ns));
  if (ns.maker) {
    line.add(
            fmt::format("  {} {} ", ns.maker->is_pid_1 ? "child of" : "made by", on_one_line(ns.maker->name)))
        .add(fmt::format("{}", ns.maker->pid), Line::Colour::outside);
    for (const auto& [pid, name] : ns.maker->ancestors) {
      line.add(fmt::format(" < {} ", on_one_line(name))).add(fmt::format("{}", pid), Line::Colour::outside);
    }
  }
  return line.add(kept_text(ns) + own_text(ns));
}

/// Gives the lines one by one: thousands of them would be held in memory for nothing.
class TreeWriter {
 public:
  TreeWriter(const Listing& listing, std::optional<std::size_t> width, std::function<void(Line)> take_line)
      : listing_(listing), width_(width), take_line_(std::move(take_line)) {
    for (const auto& ns : listing.namespaces) {
      numbers_.insert(ns.number);
    }
    for (const auto& ns : listing.namespaces) {
      children_[numbers_.contains(ns.parent) ? ns.parent : 0].push_back(&ns);
    }
  }

  void write() {
    write_below(0, "");
    if (listing_.hidden_processes > 0) {
      write_line(
          fmt::format("{} could not be looked at: not permitted", count_text(listing_.hidden_processes)));
    }
    if (!listing_.hidepid.empty()) {
      write_line(fmt::format("there may be more: /proc is mounted with hidepid={}", listing_.hidepid));
    }
  }

 private:
  void write_line(std::string text) { take_line_(LineBuilder().add(std::move(text)).build(width_)); }

  /// @param indent of the lines below the parent
  void write_below(ino_t parent, const std::string& indent) {
    const auto children = children_.find(parent);
    if (children == children_.end()) {
      return;
    }
    for (const Listing::Namespace* ns : children->second) {
      const bool is_last = ns == children->second.back();
      const std::string branch = parent == 0 ? "" : is_last ? "`- " : "|- ";
      const std::string below = indent + (parent == 0 ? "" : is_last ? "   " : "|  ");
      take_line_(header_line(*ns).before(indent + branch).build(width_));
      write_processes(*ns, below + (children_.contains(ns->number) ? "|  " : "   "));
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
    const auto row = [&](auto outside, std::string_view inside, std::string_view user,
                         std::string_view command) {
      return LineBuilder()
          .add(indent)
          .add(fmt::format("{:>7}", outside), Line::Colour::outside)
          .add(fmt::format("  {:>{}}", inside, inside_width), Line::Colour::inside)
          .add(fmt::format("  {:{}}  {}", user, user_width, command));
    };
    take_line_(row("OUTSIDE", "INSIDE", "USER", "COMMAND").about(ns.number, -1).build(width_));
    for (const auto& [process, branch] : process_tree(ns.processes)) {
      const pid_t pid = process->pids.front();
      take_line_(row(pid, inside_text(*process), on_one_line(process->user), branch + command_text(*process))
                     .about(ns.number, pid)
                     .zombie(process->state == 'Z')
                     .build(width_));
    }
  }

  const Listing& listing_;
  std::optional<std::size_t> width_;
  std::set<ino_t> numbers_;
  std::map<ino_t, std::vector<const Listing::Namespace*>> children_;  // those without a parent here: of 0
  std::function<void(Line)> take_line_;
};

std::string_view code_of(Line::Colour colour) {
  return colour == Line::Colour::outside ? outside_colour : inside_colour;
}

}  // namespace

std::string header_text(const Listing::Namespace& ns) {
  return front_text(ns) + kept_text(ns) + own_text(ns);
}

std::vector<Row> process_tree(const std::vector<Listing::Process>& processes) {
  return TreeBuilder().build(processes);
}

std::vector<Line> to_lines(const Listing& listing, std::optional<std::size_t> width) {
  std::vector<Line> lines;
  TreeWriter(listing, width, [&](Line line) { lines.push_back(std::move(line)); }).write();
  return lines;
}

std::string to_text(const Line& line, bool colour) {
  std::string text;
  for (const auto& piece : line.pieces) {
    text += colour && piece.colour != Line::Colour::none
                ? fmt::format("{}{}{}", code_of(piece.colour), piece.text, no_colour)
                : piece.text;
  }
  return text;
}

std::string to_text(const Listing& listing, std::optional<std::size_t> width, bool colour) {
  std::string text;
  TreeWriter(listing, width, [&](const Line& line) {
    text.append(to_text(line, colour)).push_back('\n');
  }).write();
  return text;
}

}  // namespace pidns
