#include "pidns/proc/mountinfo.hpp"

#include "pidns/util/text.hpp"

namespace pidns {

namespace {

/// One line: `36 35 98:0 /root /mount/point options [shared:1 ...] - type source options`.
struct Mount {
  std::uint64_t id = 0;
  std::string_view root;
  std::string_view point;
  bool shared = false;
  std::string_view filesystem_options;
};

Mount parse_mount(std::string_view line) {
  Mount mount;
  mount.id = leading_number<std::uint64_t>(consume_until(line, ' '));
  consume_until(line, ' ');  // parent
  consume_until(line, ' ');  // device
  mount.root = consume_until(line, ' ');
  mount.point = consume_until(line, ' ');
  consume_until(line, ' ');  // options
  while (!line.empty()) {
    const std::string_view field = consume_until(line, ' ');
    if (field == "-") {
      break;
    }
    mount.shared = mount.shared || field.starts_with("shared:");
  }
  consume_until(line, ' ');  // type
  consume_until(line, ' ');  // source
  mount.filesystem_options = line;
  return mount;
}

/// The kernel writes white space and backslashes in a path as three octal digits.
std::string unescape(std::string_view path) {
  constexpr std::size_t digits = 3;
  std::string text;
  while (!path.empty()) {
    const bool escaped = path.front() == '\\' && path.size() > digits;
    text += escaped ? static_cast<char>(leading_number<unsigned>(path.substr(1, digits), 8)) : path.front();
    path.remove_prefix(escaped ? 1 + digits : 1);
  }
  return text;
}

Mount find_mount(std::string_view mountinfo, std::uint64_t id) {
  while (!mountinfo.empty()) {
    const Mount mount = parse_mount(consume_until(mountinfo, '\n'));
    if (mount.id == id) {
      return mount;
    }
  }
  return {};
}

}  // namespace

bool is_shared(std::string_view mountinfo, std::uint64_t id) {
  return find_mount(mountinfo, id).shared;
}

bool has_mount_point(std::string_view mountinfo, std::string_view directory) {
  while (!mountinfo.empty()) {
    if (parse_mount(consume_until(mountinfo, '\n')).point == directory) {
      return true;
    }
  }
  return false;
}

std::string filesystem_option(std::string_view mountinfo, std::uint64_t id, std::string_view name) {
  std::string_view options = find_mount(mountinfo, id).filesystem_options;
  while (!options.empty()) {
    std::string_view value = consume_until(options, ',');
    if (consume_until(value, '=') == name) {
      return std::string(value);
    }
  }
  return {};
}

std::vector<KeptNamespace> kept_pid_namespaces(std::string_view mountinfo) {
  constexpr std::string_view front = "pid:[";
  std::vector<KeptNamespace> kept;
  while (!mountinfo.empty()) {
    const Mount mount = parse_mount(consume_until(mountinfo, '\n'));
    if (mount.root.starts_with(front)) {  // any other root begins with a slash, or names another kind
      kept.push_back({.number = leading_number<std::uint64_t>(mount.root.substr(front.size())),
                      .file = unescape(mount.point)});
    }
  }
  return kept;
}

std::vector<std::string> mount_points_below(std::string_view mountinfo, std::string_view directory) {
  std::vector<std::string> points;
  while (!mountinfo.empty()) {
    const Mount mount = parse_mount(consume_until(mountinfo, '\n'));
    if (mount.point.size() > directory.size() && mount.point.starts_with(directory) &&
        mount.point[directory.size()] == '/') {
      points.emplace_back(mount.point);
    }
  }
  return points;
}

}  // namespace pidns
