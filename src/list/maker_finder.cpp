#include "maker_finder.hpp"

#include "pidns/proc/proc_status.hpp"

namespace pidns {

std::optional<Listing::Maker> MakerFinder::find(const Listing::Namespace& ns) {
  const Listing::Process* first = first_process(ns);
  if (first == nullptr || first->pids.back() != 1 || first->parent == 0) {
    return std::nullopt;
  }
  const auto& found = look_up(first->parent);
  if (!found) {
    return std::nullopt;
  }
  Listing::Maker maker{.pid = found->process.pid, .name = found->process.name, .is_pid_1 = found->is_pid_1};
  // A PID that was reused while we read can make a circle.
  constexpr std::size_t longest = 1000;
  for (const std::optional<Parent>* child = &found;
       !(*child)->is_pid_1 && (*child)->parent != 0 && maker.ancestors.size() < longest;) {
    const auto& parent = look_up((*child)->parent);
    if (!parent || parent->is_pid_1) {
      break;
    }
    maker.ancestors.push_back(parent->process);
    child = &parent;
  }
  return maker;
}

const std::optional<MakerFinder::Parent>& MakerFinder::look_up(pid_t pid) {
  const auto [place, is_new] = parents_.try_emplace(pid);
  if (is_new) {
    if (auto status = try_read_status(proc_, pid)) {
      place->second = Parent{.process = {.pid = pid, .name = std::move(status->name)},
                             .parent = status->parent,
                             .is_pid_1 = !status->pids.empty() && status->pids.back() == 1};
    }
  }
  return place->second;
}

}  // namespace pidns
