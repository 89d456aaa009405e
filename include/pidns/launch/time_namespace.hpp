#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pidns/sys/error.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/options.hpp"

namespace pidns {

/// Whether the kernel lets a clock that shows `now` be moved: not below 0, nor to more than half of what it
/// can count. Both in seconds.
bool offset_in_range(std::int64_t now, std::int64_t offset);

/// What is written to /proc/self/timens_offsets: time_namespaces(7).
std::string offset_lines(std::optional<std::int64_t> monotonic, std::optional<std::int64_t> boottime);

/// Makes sure, before anything is unshared, that the clocks can be moved as asked for.
/// @throws Failure
void verify_clocks(const Options& options);

/// Moves the clocks of the new time namespace. Before its first process is made: from then on they are fixed.
/// @throws sys::Error
void set_clock_offsets(const Options& options, const sys::SyscallObserver& observer);

}  // namespace pidns
