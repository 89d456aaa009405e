#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "pidns/sys/wait.hpp"
#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// Waits until one of them can be read, or has lost its other end; ignores those that are not valid: poll(2).
/// Where that is refused it waits for a moment, and the caller looks at all of them.
/// @param milliseconds to wait at most; -1: without end
void wait_readable(std::initializer_list<const UniqueFd*> files, int milliseconds = -1) noexcept;

/// Whether a file can be read without waiting, or has lost its other end.
bool is_readable(const UniqueFd& file);

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe();
/// Whether a reader of the pipe is left.
bool has_reader(const UniqueFd& write_end) noexcept;

/// Two connected ends, each of which sends packets to the other: SOCK_SEQPACKET.
struct Channel {
  UniqueFd outer;
  UniqueFd inner;
};

Channel make_channel();
/// Sends a packet.
/// @param wait whether to wait for room
/// @return false if the other end is closed, or if there is no room
bool send_packet(const UniqueFd& channel, std::string_view packet, Wait wait) noexcept;
enum class Received { nothing, packet, failure };
/// Takes the next packet without waiting.
Received receive_packet(const UniqueFd& channel, void* packet, std::size_t size) noexcept;
/// Whether the other end has been closed.
bool has_hung_up(const UniqueFd& channel) noexcept;

}  // namespace pidns::sys
