#pragma once

#include <utility>

#include "pidns/list/listing.hpp"

/// Listings made up for the tests.
namespace sample_listing {

using pidns::Listing;

inline Listing::Process process(std::vector<pid_t> pids, pid_t parent, std::vector<std::string> arguments) {
  return {.pids = std::move(pids),
          .parent = parent,
          .user = "root",
          .user_id = 0,
          .state = 'S',
          .name = "name",
          .arguments = std::move(arguments)};
}

inline Listing::Namespace ns(ino_t number, ino_t parent, std::vector<Listing::Process> processes) {
  Listing::Namespace made;
  made.number = number;
  made.parent = parent;
  made.process_count = processes.size();
  made.processes = std::move(processes);
  return made;
}

inline Listing::Namespace own_ns(ino_t number, std::size_t count) {
  Listing::Namespace made;
  made.number = number;
  made.own = true;
  made.process_count = count;
  return made;
}

/// A listing of one namespace besides the caller's.
inline Listing with(std::vector<Listing::Process> processes) {
  Listing listing;
  listing.namespaces = {own_ns(100, 5), ns(200, 100, std::move(processes))};
  return listing;
}

}  // namespace sample_listing
