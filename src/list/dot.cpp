#include "pidns/list/dot.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "pidns/list/tree.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

// The two colours of util/colour.hpp.
constexpr std::string_view outside = "#0087d7";
constexpr std::string_view inside = "#d75f00";

/// A text in a label that is HTML.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// A name as it fits on a slide.
std::string short_text(const std::string& text) {
  constexpr std::size_t columns = 40;
  const std::string_view start = fit(text, columns);
  return escaped(start) + (start.size() < text.size() ? "\u2026" : "");
}

std::string coloured(pid_t pid, std::string_view colour) {
  return fmt::format("<font color=\"{}\">{}</font>", colour, pid);
}

/// The PID outside, then the one on each level further down.
std::string numbers_text(const std::vector<pid_t>& pids) {
  std::string text = coloured(pids.front(), outside);
  for (std::size_t level = 1; level < pids.size(); ++level) {
    text += "&#160;/&#160;" + coloured(pids[level], inside);
  }
  return text;
}

class Graph {
 public:
  explicit Graph(const Listing& listing) : listing_(listing) {
    for (const auto& ns : listing.namespaces) {
      numbers_.insert(ns.number);
      for (const auto& process : ns.processes) {
        add_node(ns.number, process.pids, command_text(process));
      }
    }
    for (const auto& ns : listing.namespaces) {
      add_makers(ns);
    }
    for (const auto& ns : listing.namespaces) {
      for (const auto& process : ns.processes) {
        if (drawn_.contains(process.parent)) {
          add_edge(process.parent, process.pids.front(), "");
        }
      }
    }
  }

  std::string write() {
    text_ =
        "digraph pidns {\n"
        "  graph [fontname=\"sans-serif\", style=rounded, labeljust=l, labelloc=b];\n"
        "  node [fontname=\"sans-serif\", shape=box];\n"
        "  edge [fontname=\"sans-serif\"];\n";
    write_clusters(0, "  ");
    text_ += edges_;
    return text_ + "}\n";
  }

 private:
  void add_node(ino_t ns, const std::vector<pid_t>& pids, const std::string& name) {
    if (drawn_.insert(pids.front()).second) {
      nodes_[ns] +=
          fmt::format("p{} [label=<{}<br/>{}>];\n", pids.front(), short_text(name), numbers_text(pids));
    }
  }

  void add_edge(pid_t parent, pid_t child, std::string_view attributes) {
    if (edges_drawn_.insert({parent, child}).second) {
      edges_ += fmt::format("  p{} -> p{}{};\n", parent, child, attributes);
    }
  }

  /// The processes that led to a namespace. They are in the one around it, of which only the number of
  /// processes may be known.
  void add_makers(const Listing::Namespace& ns) {
    if (!ns.maker) {
      return;
    }
    const ino_t around = numbers_.contains(ns.parent) ? ns.parent : 0;
    add_node(around, {ns.maker->pid}, on_one_line(ns.maker->name));
    add_edge(
        ns.maker->pid, first_process(ns)->pids.front(),
        ns.maker->is_pid_1 ? " [style=dashed, label=\"made or adopted\"]" : " [style=bold, label=\"made\"]");
    pid_t child = ns.maker->pid;
    for (const auto& [pid, name] : ns.maker->ancestors) {
      add_node(around, {pid}, on_one_line(name));
      add_edge(pid, child, "");
      child = pid;
    }
  }

  void write_clusters(ino_t parent, const std::string& indent) {
    write_nodes(parent, indent);
    for (const auto& ns : listing_.namespaces) {
      if ((numbers_.contains(ns.parent) ? ns.parent : 0) != parent) {
        continue;
      }
      text_ += fmt::format("{}subgraph cluster_{} {{\n{}  label=<{}>;\n", indent, ns.number, indent,
                           escaped(header_text(ns)));
      write_clusters(ns.number, indent + "  ");
      if (nodes_[ns.number].empty()) {  // a cluster without a node is not drawn
        text_ += fmt::format("{}  empty_{} [style=invis, label=\"\"];\n", indent, ns.number);
      }
      text_ += indent + "}\n";
    }
  }

  void write_nodes(ino_t ns, const std::string& indent) {
    std::string_view nodes = nodes_[ns];
    while (!nodes.empty()) {
      text_ += fmt::format("{}{}\n", indent, consume_until(nodes, '\n'));
    }
  }

  const Listing& listing_;
  std::set<ino_t> numbers_;
  std::map<ino_t, std::string> nodes_;  // lines, of those that no cluster holds: of 0
  std::set<pid_t> drawn_;
  std::set<std::pair<pid_t, pid_t>> edges_drawn_;
  std::string edges_;
  std::string text_;
};

}  // namespace

std::string to_dot(const Listing& listing) {
  return Graph(listing).write();
}

}  // namespace pidns
