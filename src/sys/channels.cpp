#include "pidns/sys/channels.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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

namespace {

/// @return 0 when that is refused
short poll_now(const UniqueFd& file, short events) {
  pollfd polled{.fd = file.get(), .events = events, .revents = 0};
  return retry([&] { return ::poll(&polled, 1, 0); }) == -1 ? short{0} : polled.revents;
}

}  // namespace

bool is_readable(const UniqueFd& file) {
  return poll_now(file, POLLIN) != 0;
}

bool send_packet(const UniqueFd& channel, std::string_view packet, Wait wait) noexcept {
  const int flags = MSG_NOSIGNAL | (wait == Wait::no ? MSG_DONTWAIT : 0);
  ssize_t sent = retry([&] { return ::send(channel.get(), packet.data(), packet.size(), flags); });
  if (sent == -1 && errno != EPIPE && (poll_now(channel, POLLOUT) & (POLLOUT | POLLHUP)) == POLLOUT) {
    // Refused: then write(2) does it, which would raise SIGPIPE where the other end is closed.
    sent = retry([&] { return ::write(channel.get(), packet.data(), packet.size()); });
  }
  return sent == static_cast<ssize_t>(packet.size());
}

Received receive_packet(const UniqueFd& channel, void* packet, std::size_t size) noexcept {
  ssize_t received = retry([&] { return ::recv(channel.get(), packet, size, MSG_DONTWAIT); });
  if (received == -1 && errno != EAGAIN) {  // refused: then read(2) does it, if there is something to read
    if ((poll_now(channel, POLLIN) & POLLIN) == 0) {
      return Received::nothing;
    }
    received = retry([&] { return ::read(channel.get(), packet, size); });
  }
  if (received == static_cast<ssize_t>(size)) {
    return Received::packet;
  }
  // The end of the other side is told by a hang-up.
  return received >= 0 || errno == EAGAIN ? Received::nothing : Received::failure;
}

bool has_hung_up(const UniqueFd& channel) noexcept {
  return (poll_now(channel, 0) & POLLHUP) != 0;
}

bool has_reader(const UniqueFd& write_end) noexcept {
  return (poll_now(write_end, 0) & POLLERR) == 0;
}

}  // namespace pidns::sys
