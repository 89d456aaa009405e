#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Whether the kernel accepts an offset for a clock that shows `now`: not below 0, nor above half of what it
/// can count. Both in seconds.
bool offset_in_range(std::int64_t now, std::int64_t offset);

/// What is written to /proc/self/timens_offsets: time_namespaces(7).
std::string offset_lines(std::optional<std::int64_t> monotonic, std::optional<std::int64_t> boottime);

/// Makes sure, before anything is unshared, that the kernel accepts the offsets.
/// @throws Failure
void check_clock_offsets(const Options& options);

/// Offsets the clocks of the new time namespace. Before its first process is created: from then on they are
/// fixed.
/// @throws sys::Error
void set_clock_offsets(const Options& options, const sys::SyscallObserver& observer);

}  // namespace pidns
