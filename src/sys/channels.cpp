#include "pidns/sys/channels.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "call.hpp"
#include "pidns/sys/error.hpp"

namespace pidns::sys {

void wait_readable(std::initializer_list<const UniqueFd*> files, int milliseconds) noexcept {
  std::array<pollfd, 4> polled{};
  nfds_t count = 0;
  for (const UniqueFd* file : files) {
    polled.at(count++) = {.fd = file->get(), .events = POLLIN, .revents = 0};  // a negative fd is passed over
  }
  if (retry([&] { return ::poll(polled.data(), count, milliseconds); }) == -1) {
    const timespec moment{.tv_sec = 0, .tv_nsec = 10'000'000};
    ::nanosleep(&moment, nullptr);
  }
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (retry([&] { return ::pipe2(ends.data(), O_CLOEXEC); }) == -1) {
    throw_error(Syscall::pipe2, errno, "cannot make a pipe");
  }
  Pipe pipe{above_stdio(ends[0]), above_stdio(ends[1])};
  if (!pipe.read.valid() || !pipe.write.valid()) {
    throw_error(Syscall::fcntl, errno, "cannot make a pipe");
  }
  return pipe;
}

Channel make_channel() {
  std::array<int, 2> ends{};
  if (retry([&] { return ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()); }) == -1) {
    throw_error(Syscall::socketpair, errno, "cannot make a socket pair");
  }
  Channel channel{above_stdio(ends[0]), above_stdio(ends[1])};
  if (!channel.outer.valid() || !channel.inner.valid()) {
    throw_error(Syscall::fcntl, errno, "cannot make a socket pair");
  }
  return channel;
}

bool send_packet(const UniqueFd& channel, std::string_view packet, Wait wait) noexcept {
  const int flags = MSG_NOSIGNAL | (wait == Wait::no ? MSG_DONTWAIT : 0);
  return retry([&] { return ::send(channel.get(), packet.data(), packet.size(), flags); }) ==
         static_cast<ssize_t>(packet.size());
}

bool receive_packet(const UniqueFd& channel, void* packet, std::size_t size) noexcept {
  return retry([&] { return ::recv(channel.get(), packet, size, MSG_DONTWAIT); }) ==
         static_cast<ssize_t>(size);
}

namespace {

/// @return 0 when that is refused
short poll_now(const UniqueFd& file) {
  pollfd polled{.fd = file.get(), .events = 0, .revents = 0};
  return retry([&] { return ::poll(&polled, 1, 0); }) == -1 ? short{0} : polled.revents;
}

}  // namespace

bool has_hung_up(const UniqueFd& channel) noexcept {
  return (poll_now(channel) & POLLHUP) != 0;
}

bool has_reader(const UniqueFd& write_end) noexcept {
  return (poll_now(write_end) & POLLERR) == 0;
}

}  // namespace pidns::sys
