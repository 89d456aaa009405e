#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "pidns/util/unique_fd.hpp"

namespace pidns::sys {

/// Waits until one of them can be read, or has lost its other end; ignores those that are not valid: poll(2).
/// @param milliseconds to wait at most; -1: without end
void wait_readable(std::initializer_list<const UniqueFd*> files, int milliseconds = -1);

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe();
/// Whether a reader of the pipe is left.
bool has_reader(const UniqueFd& write_end);

/// Two connected ends, each of which sends packets to the other: SOCK_SEQPACKET.
struct Channel {
  UniqueFd outer;
  UniqueFd inner;
};

Channel make_channel();
/// Does nothing when the other end is closed.
void send_packet(const UniqueFd& channel, std::string_view packet);
/// Takes the next packet without waiting. @return false when there is none
bool receive_packet(const UniqueFd& channel, void* packet, std::size_t size);
/// Whether the other end has been closed.
bool has_hung_up(const UniqueFd& channel);

}  // namespace pidns::sys
