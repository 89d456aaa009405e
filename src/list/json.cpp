#include "pidns/list/json.hpp"

#include <nlohmann/json.hpp>

namespace pidns {

namespace {

using Json = nlohmann::ordered_json;

Json to_object(const Listing::Process& process) {
  return {{"outside", process.pids.front()},
          {"inside", std::vector<pid_t>(process.pids.begin() + 1, process.pids.end())},
          {"parent", process.parent},
          {"user", process.user},
          {"user_id", process.user_id},
          {"state", std::string(1, process.state)},
          {"name", process.name},
          {"command", process.arguments}};
}

Json number_or_null(ino_t number) {
  return number == 0 ? Json() : Json(number);
}

Json to_object(const Listing::Maker& maker) {
  Json ancestors = Json::array();
  for (const auto& [pid, name] : maker.ancestors) {
    ancestors.push_back({{"pid", pid}, {"name", name}});
  }
  return {{"pid", maker.pid}, {"name", maker.name}, {"ancestors", std::move(ancestors)}};
}

Json to_object(const Listing::Namespace& ns) {
  Json object{{"namespace", ns.number},
              {"parent", number_or_null(ns.parent)},
              {"user_namespace", number_or_null(ns.user_namespace)},
              {"yours", ns.own},
              {"process_count", ns.process_count},
              {"kept_in", ns.kept_in}};
  if (const Listing::Process* first = first_process(ns)) {
    object["owner"] = first->user;
    object["owner_id"] = first->user_id;
  }
  if (ns.maker) {
    object[ns.maker->is_pid_1 ? "child_of" : "made_by"] = to_object(*ns.maker);
  }
  if (!ns.own || !ns.processes.empty()) {
    object["processes"] = Json::array();
    for (const auto& process : ns.processes) {
      object["processes"].push_back(to_object(process));
    }
  }
  return object;
}

}  // namespace

std::string to_json(const Listing& listing) {
  Json document{{"namespaces", Json::array()},
                {"hidden_processes", listing.hidden_processes},
                {"hidepid", listing.hidepid.empty() ? Json() : Json(listing.hidepid)}};
  for (const auto& ns : listing.namespaces) {
    document["namespaces"].push_back(to_object(ns));
  }
  constexpr int indent = 2;
  // JSON cannot hold invalid UTF-8: each such byte becomes U+FFFD.
  return document.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pidns
