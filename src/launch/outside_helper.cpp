#include "pidns/launch/outside_helper.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "pidns/launch/failure_pipe.hpp"
#include "pidns/sys/channels.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/sys/signals.hpp"
#include "pidns/util/failure.hpp"

namespace pidns {

namespace {

using Job = std::function<void(const std::string& request, const UniqueFd& lifeline)>;

constexpr int succeeded = 0;  // the status of the one answer that is not a failure

/// Waits for the one request, which does not arrive when pidns ends before it. @return the answer
std::optional<Failure> serve(const Job& job, sys::Pipe& request_pipe) {
  try {
    // A signal to the whole group must not end the helper, which is to end the tool.
    sys::set_signal_mask(SignalSet::all());
    sys::close(request_pipe.write);  // or the helper would wait for itself
    const std::string request = sys::read_packet(request_pipe.read);
    if (request.empty()) {
      return std::nullopt;
    }
    job(request, request_pipe.read);
    return Failure(succeeded, "", {});
  } catch (const Failure& failure) {
    return failure;
  } catch (const std::exception& error) {
    return Failure(status_failed, error.what(), {});
  }
}

/// Sends the answer or, if that fails, why. Without any the other side notices the end of the helper.
void answer(const UniqueFd& pipe, const Failure& failure) {
  try {
    send_failure(pipe, failure);
  } catch (const sys::Error& error) {
    send_failure(pipe, Failure(status_failed, error.what(), {}));
  }
}

/// A helper that has exited is ignored here; reading its answer reports it.
void send_request(const UniqueFd& pipe, std::string_view request) {
  try {
    sys::write_without_signal(pipe.get(), request);
  } catch (const sys::Error& error) {
    if (error.error() != EPIPE) {
      throw;
    }
  }
}

}  // namespace

OutsideHelper::OutsideHelper(const Job& job) : request_(sys::make_pipe()), answer_(sys::make_pipe()) {
  process_.emplace(sys::spawn(sys::Memory::copied, {}, [&] {
    try {
      if (const auto result = serve(job, request_)) {
        answer(answer_.write, *result);
      }
    } catch (const std::exception&) {
      ::_exit(status_failed);
    }
    ::_exit(0);
  }));
  request_.read.reset();
  sys::close(answer_.write);  // or its end would not be noticed
}

void OutsideHelper::run(std::string_view request, std::string_view what) const {
  send_request(request_.write, request);
  const auto answer = receive_failure(answer_.read);
  if (!answer) {
    throw Failure(status_failed, fmt::format("{}: the helper process died", what), {});
  }
  if (answer->status != succeeded) {
    throw Failure(*answer);
  }
}

}  // namespace pidns
