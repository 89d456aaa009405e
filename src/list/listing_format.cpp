#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "pidns/list/listing.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

std::string command_text(const Listing::Process& process) {
  if (!process.arguments.empty()) {
    return on_one_line(fmt::format("{}", fmt::join(process.arguments, " ")));
  }
  return fmt::format("[{}]{}", on_one_line(process.name), process.state == 'Z' ? " <defunct>" : "");
}

/// A process and what stands before its command: the lines that lead to it in the tree.
struct Row {
  const Listing::Process* process;
  std::string branch;
};

/// Children below their parents. Without recursion: a chain of processes can be longer than our stack is
/// deep.
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
    // A PID that was given to another process while we read may even make a circle: then begin anywhere.
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

std::string header_text(const Listing::Namespace& space) {
  std::string text = fmt::format("pid:[{}]", space.number);
  if (const Listing::Process* first = first_process(space)) {
    text += "  " + on_one_line(first->user);
  }
  text += "  " + (space.process_count == 0 ? "no process that can be seen" : count_text(space.process_count));
  if (space.maker) {
    text += fmt::format("  {} {} {}", space.maker->is_pid_1 ? "child of" : "made by",
                        on_one_line(space.maker->name), space.maker->pid);
  }
  return text + (space.own ? "  (yours)" : "");
}

class TextWriter {
 public:
  TextWriter(const Listing& listing, std::optional<std::size_t> width) : listing_(listing), width_(width) {}

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
    for (const auto& space : listing_.namespaces) {
      if (space.parent == parent) {
        children.push_back(&space);
      }
    }
    return children;
  }

  /// @param indent what stands before the lines below the parent
  // NOLINTNEXTLINE(misc-no-recursion): namespaces nest 32 levels deep at most
  void write_below(ino_t parent, const std::string& indent) {
    const auto children = children_of(parent);
    for (const Listing::Namespace* space : children) {
      const bool is_last = space == children.back();
      const std::string branch = parent == 0 ? "" : is_last ? "`- " : "|- ";
      const std::string below = indent + (parent == 0 ? "" : is_last ? "   " : "|  ");
      write_line(indent + branch + header_text(*space));
      write_processes(*space, below + (children_of(space->number).empty() ? "   " : "|  "));
      write_below(space->number, below);
    }
  }

  void write_processes(const Listing::Namespace& space, const std::string& indent) {
    if (space.processes.empty()) {
      return;
    }
    std::size_t inside_width = std::strlen("INSIDE");
    std::size_t user_width = std::strlen("USER");
    for (const auto& process : space.processes) {
      inside_width = std::max(inside_width, inside_text(process).size());
      user_width = std::max(user_width, on_one_line(process.user).size());
    }
    const auto write_row = [&](auto outside, std::string_view inside, std::string_view user,
                               std::string_view command) {
      write_line(fmt::format("{}{:>7}  {:>{}}  {:{}}  {}", indent, outside, inside, inside_width, user,
                             user_width, command));
    };
    write_row("OUTSIDE", "INSIDE", "USER", "COMMAND");
    for (const auto& [process, branch] : TreeBuilder().build(space.processes)) {
      write_row(process->pids.front(), inside_text(*process), on_one_line(process->user),
                branch + command_text(*process));
    }
  }

  const Listing& listing_;
  std::optional<std::size_t> width_;
  std::string text_;
};

using Json = nlohmann::ordered_json;

Json to_object(const Listing::Process& process) {
  return {{"outside", process.pids.front()},
          {"inside", std::vector<pid_t>(process.pids.begin() + 1, process.pids.end())},
          {"parent", process.parent},
          {"user", process.user},
          {"user-id", process.user_id},
          {"state", std::string(1, process.state)},
          {"name", process.name},
          {"command", process.arguments}};
}

Json to_object(const Listing::Namespace& space) {
  Json object{{"namespace", space.number},
              {"parent", space.parent == 0 ? Json() : Json(space.parent)},
              {"yours", space.own},
              {"process-count", space.process_count}};
  if (const Listing::Process* first = first_process(space)) {
    object["owner"] = first->user;
    object["owner-id"] = first->user_id;
  }
  if (space.maker) {
    object[space.maker->is_pid_1 ? "child-of" : "made-by"] = {{"pid", space.maker->pid},
                                                              {"name", space.maker->name}};
  }
  if (!space.own || !space.processes.empty()) {
    object["processes"] = Json::array();
    for (const auto& process : space.processes) {
      object["processes"].push_back(to_object(process));
    }
  }
  return object;
}

}  // namespace

std::string to_text(const Listing& listing, std::optional<std::size_t> width) {
  return TextWriter(listing, width).write();
}

std::string to_json(const Listing& listing) {
  Json document{{"namespaces", Json::array()},
                {"hidden-processes", listing.hidden_processes},
                {"hidepid", listing.hidepid.empty() ? Json() : Json(listing.hidepid)}};
  for (const auto& space : listing.namespaces) {
    document["namespaces"].push_back(to_object(space));
  }
  constexpr int indent = 2;
  // Bytes that are no UTF-8, which JSON cannot hold, become U+FFFD.
  return document.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pidns
