#include "listing_tools.hpp"

#include <set>

#include "pidns/util/text.hpp"
#include "support/catch.hpp"

namespace listing_tools {

using namespace harness;

std::string number(long value) {
  return std::to_string(value);
}

std::vector<std::string> script_variables() {
  return {"pidns=" + pidns_binary(), "pid1=" + pidns_binary() + " --mount-proc"};
}

Result run_in_a_world(const std::string& script) {
  const TemporaryDirectory directory;
  return run_pidns({"--mount-proc", "sh", "-euc", "mkfifo fifo\nexec 3<>fifo\n" + script},
                   {.environment = script_variables(), .directory = directory.path()});
}

json list(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--list", "--json"});
  const Result result = run_pidns(arguments);
  CHECK(result.err.empty());
  REQUIRE(result.status() == 0);
  return json::parse(result.out);
}

json find(const json& listing, ino_t ns) {
  for (const json& candidate : listing["namespaces"]) {
    if (candidate["namespace"] == ns) {
      return candidate;
    }
  }
  return nullptr;
}

pid_t wait_for_init(Running& running) {
  CHECK(running.read_line() == "ready");
  const auto children = children_of(running.pid());
  REQUIRE(children.size() == 1);
  return children.front();
}

json ancestors_of(pid_t pid) {
  json ancestors = json::array();
  while (true) {
    pid = std::stoi(status_field(pid, "PPid"));
    if (pid == 0 || words(status_field(pid, "NSpid")).back() == "1") {
      return ancestors;
    }
    ancestors.push_back({{"pid", pid}, {"name", status_field(pid, "Name")}});
  }
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  while (!rest.empty()) {
    parts.emplace_back(::pidns::consume_until(rest, separator));
  }
  return parts;
}

void check_consistent(const json& listing) {
  std::set<ino_t> namespaces;
  std::set<pid_t> outside;
  for (const json& ns : listing["namespaces"]) {
    CHECK(namespaces.insert(ns["namespace"].get<ino_t>()).second);
    if (!ns.contains("processes")) {
      CHECK(ns["yours"] == true);
      continue;
    }
    std::set<json> inside;
    CHECK(ns["process_count"] == ns["processes"].size());
    for (const json& process : ns["processes"]) {
      CHECK(outside.insert(process["outside"].get<pid_t>()).second);
      CHECK(process["inside"].size() == ns["processes"][0]["inside"].size());
      CHECK((process["inside"].empty() || inside.insert(process["inside"].back()).second));
      CHECK_FALSE(process["name"].get<std::string>().empty());
    }
  }
  for (const json& ns : listing["namespaces"]) {
    CHECK((ns["parent"].is_null() || namespaces.contains(ns["parent"].get<ino_t>())));
  }
}

}  // namespace listing_tools
