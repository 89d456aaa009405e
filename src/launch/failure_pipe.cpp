#include "pidns/launch/failure_pipe.hpp"

#include <algorithm>
#include <climits>
#include <string>
#include <string_view>

#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

void send_failure(const UniqueFd& pipe, const Failure& failure) {
  std::string packet{static_cast<char>(failure.status)};
  packet.append(failure.what()).push_back('\0');
  packet.append(failure.hint);
  packet.resize(std::min<std::size_t>(packet.size(), PIPE_BUF));  // one write(2) is then atomic: pipe(7)
  sys::write_all(pipe.get(), packet);
}

std::optional<Failure> receive_failure(const UniqueFd& pipe) {
  const std::string packet = sys::read_all(pipe);
  if (packet.empty()) {
    return std::nullopt;
  }
  std::string_view hint = packet;
  const int status = static_cast<unsigned char>(hint.front());
  hint.remove_prefix(1);
  const std::string message(consume_until(hint, '\0'));
  return Failure(status, message, std::string(hint));
}

void throw_if_failed(sys::Pipe& pipe) {
  sys::close(pipe.write);
  std::optional<Failure> failure;
  try {
    failure = receive_failure(pipe.read);
  } catch (const sys::Error&) {
    return;  // the status of the child has to tell it: the command may be running
  }
  pipe.read.reset();  // what is opened from now on finds this descriptor free
  if (failure) {
    throw Failure(*failure);
  }
}

}  // namespace pidns
