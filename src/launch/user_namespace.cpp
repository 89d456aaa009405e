#include "pidns/launch/user_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <unistd.h>

#include "pidns/launch/hints.hpp"
#include "pidns/launch/id_map.hpp"
#include "pidns/launch/id_map_writer.hpp"
#include "pidns/launch/outside_helper.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/process/name_lookup.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/namespaces.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

/// What differs between users and groups.
struct Names {
  std::string_view current_option;
  std::string_view blocks_option;
  std::string_view kind;
  const char* subordinate_ids;
  const char* current_map;
};

Names names_of(IdKind kind) {
  return kind == IdKind::user
             ? Names{"--map-user", "--map-users", "user", "/etc/subuid", "/proc/self/uid_map"}
             : Names{"--map-group", "--map-groups", "group", "/etc/subgid", "/proc/self/gid_map"};
}

[[noreturn]] void refuse(std::string_view option, const std::string& reason) {
  throw Failure(status_failed, fmt::format("{}: {}", option, reason), {});
}

/// Turns what the options ask of one kind of ids into the lines of a map.
class Resolver {
 public:
  Resolver(IdKind kind, const Ids& ids, Log& log)
      : kind_(kind), names_(names_of(kind)), ids_(ids), log_(log) {}

  std::vector<IdRange> resolve(const IdMapRequest& request) {
    std::vector<MapBlock> blocks;
    for (const MapBlock& block : request.blocks) {
      append(blocks, block);
    }
    const auto current = request.current ? std::optional(current_line(*request.current)) : std::nullopt;
    std::vector<IdRange> lines = build_id_map(current, blocks);
    check(why_invalid(lines));
    return lines;
  }

 private:
  void check(const std::string& reason) const {
    if (!reason.empty()) {
      refuse(names_.blocks_option, reason);
    }
  }

  IdRange current_line(const std::string& name_or_number) {
    const unsigned outer = kind_ == IdKind::user ? ids_.user : ids_.group;
    if (const auto number = parse_id(name_or_number)) {
      return {.inner = *number, .outer = outer, .count = 1};
    }
    const bool is_number = name_or_number.find_first_not_of("0123456789") == std::string::npos;
    const auto id = is_number ? std::nullopt : find_id(kind_, name_or_number);
    if (!id) {
      refuse(names_.current_option, fmt::format("unknown {} '{}'", names_.kind, name_or_number));
    }
    return {.inner = *id, .outer = outer, .count = 1};
  }

  void append(std::vector<MapBlock>& blocks, const MapBlock& block) {
    switch (block.source) {
      case MapBlock::Source::range:
        if (block.old_form) {
          warn_of_old_form(block.range);
        }
        append(blocks, block.source, block.range);
        break;
      case MapBlock::Source::automatic: {
        IdRange ids = subordinate_ids();
        ids.inner = 0;
        append(blocks, block.source, ids);
        break;
      }
      case MapBlock::Source::subids:
        append(blocks, block.source, subordinate_ids());
        break;
      case MapBlock::Source::all:
        for (const IdRange& range : parse_id_map(sys::read_file(AT_FDCWD, names_.current_map))) {
          blocks.push_back({.source = block.source, .range = {range.inner, range.inner, range.count}});
        }
        break;
    }
  }

  void append(std::vector<MapBlock>& blocks, MapBlock::Source source, const IdRange& range) {
    check(why_invalid(range));
    blocks.push_back({.source = source, .range = range});
  }

  void warn_of_old_form(const IdRange& range) {
    log_.warn("{0}={2},{1},{3}: this form is deprecated, write {0}={1}:{2}:{3}", names_.blocks_option,
              range.inner, range.outer, range.count);
  }

  /// Those of the user, for groups as well: subgid(5).
  IdRange subordinate_ids() {
    const std::string name = find_name(IdKind::user, ids_.user);
    const auto ids = find_subordinate_ids(sys::read_file(AT_FDCWD, names_.subordinate_ids), name, ids_.user);
    if (!ids) {
      refuse(names_.blocks_option, fmt::format("{} has no line for user {}", names_.subordinate_ids,
                                               name.empty() ? fmt::format("{}", ids_.user) : name));
    }
    return *ids;
  }

  IdKind kind_;
  Names names_;
  Ids ids_;
  Log& log_;
};

MapWriter choose_writer(const IdMapRequest& request, bool has_owner, int capability) {
  if (!needs_helper(request, has_owner)) {
    return MapWriter::self;
  }
  return sys::has_capability(capability) ? MapWriter::helper : MapWriter::tool;
}

void write_from_outside(const Options& options, const UserNamespacePlan& plan, const std::string& pid,
                        const UniqueFd& lifeline, const sys::SyscallObserver& observer) {
  try {
    write_id_maps(plan, WriterSide::outside, pid, lifeline, observer);
  } catch (const sys::Error& error) {
    throw diagnose(error, options);
  }
}

/// Whether getent, newuidmap or newgidmap may be asked. They may hang, as when a directory server does not
/// answer.
bool may_wait_for_tools(const IdMapRequest& request) {
  return !request.blocks.empty() || (request.current && !parse_id(*request.current));
}

/// Becomes the owner of the namespace that is about to be created: that is the user who creates it.
void become_owner(const Ids& owner, const sys::SyscallObserver& observer) {
  sys::drop_groups(observer);
  sys::set_group(owner.group, observer);
  sys::set_user(owner.user, observer);  // last: it removes the right to do the others
}

}  // namespace

Ids current_ids() {
  return {::geteuid(), ::getegid()};
}

bool can_create_namespaces() {
  return sys::has_capability(CAP_SYS_ADMIN);
}

bool needs_helper(const IdMapRequest& request, bool has_owner) {
  return has_owner || !request.blocks.empty();
}

std::optional<Setgroups> choose_setgroups(std::optional<Setgroups> asked, const MapPlan& groups) {
  const bool required = groups.writer == MapWriter::self && !groups.lines.empty();
  return required ? Setgroups::deny : asked;
}

UserNamespacePlan plan_user_namespace(const Options& options, Log& log) {
  const bool has_owner = options.owner.has_value();
  if (has_owner && !(sys::has_capability(CAP_SETUID) && sys::has_capability(CAP_SETGID))) {
    throw Failure(status_failed, "--owner: needs the capabilities to become another user and group",
                  "run it as root");
  }
  const Ids ids = current_ids();
  UserNamespacePlan plan{.owner = options.owner};
  plan.users = {.lines = Resolver(IdKind::user, ids, log).resolve(options.users),
                .writer = choose_writer(options.users, has_owner, CAP_SETUID)};
  plan.groups = {.lines = Resolver(IdKind::group, ids, log).resolve(options.groups),
                 .writer = choose_writer(options.groups, has_owner, CAP_SETGID)};
  plan.setgroups = choose_setgroups(options.setgroups, plan.groups);
  return plan;
}

void create_user_namespace(const Options& options, const CallerSignals& caller,
                           const sys::SyscallObserver& observer, Log& log) {
  const bool may_wait = may_wait_for_tools(options.users) || may_wait_for_tools(options.groups);
  if (may_wait) {  // also if it fails: this process then ends in one way or the other
    sys::set_signal_mask(caller.mask);
  }
  const UserNamespacePlan plan = plan_user_namespace(options, log);
  // The helper is made first: from unshare(2) on we have no rights outside, nor have our children.
  std::optional<OutsideHelper> helper;
  if (needs_outside_writer(plan)) {
    helper.emplace([&](const std::string& pid, const UniqueFd& lifeline) {
      write_from_outside(options, plan, pid, lifeline, observer);
    });
  }
  if (plan.owner) {
    become_owner(*plan.owner, observer);
  }
  sys::unshare(options.namespaces, observer);
  if (helper) {
    // What /proc calls us, which is not our PID when it belongs to a parent PID namespace.
    helper->run(sys::read_link(AT_FDCWD, "/proc/self"), "cannot map IDs");
    helper->wait();
  }
  if (may_wait) {
    sys::set_signal_mask(SignalSet::all());
  }
  write_id_maps(plan, WriterSide::inside, "self", {}, observer);
}

}  // namespace pidns
