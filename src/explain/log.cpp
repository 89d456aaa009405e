#include "pidns/explain/log.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "pidns/explain/layout.hpp"
#include "pidns/sys/signals.hpp"

namespace pidns {

namespace {

/// spdlog's own sink for stderr would wait for its reader while a command runs.
class StderrSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit StderrSink(unsigned width) : width_(width) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const std::string_view text(line.data(), line.size());
    const std::string lines =
        width_ == 0 ? std::string(text) : wrap_message(text.substr(0, text.size() - 1), width_) + '\n';
    sys::write_text(STDERR_FILENO, lines,
                    message.level >= spdlog::level::err ? sys::Wait::yes : sys::Wait::no);
  }

  void flush_() override {}

 private:
  unsigned width_;
};

}  // namespace

spdlog::logger& Log::logger() {
  if (!logger_) {
    logger_ = std::make_unique<spdlog::logger>("pidns", std::make_shared<StderrSink>(width_));
    logger_->set_pattern("%n: %v");
    logger_->set_level(spdlog::level::debug);
  }
  return *logger_;
}

}  // namespace pidns
