#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <utility>

#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

/// pidns's own words on stderr, each line `pidns: ...`. The logger is built when the first line is written:
/// most runs say nothing and must not pay for it. Only an error waits for a reader that does not read.
class Log {
 public:
  void set_verbosity(int verbosity) { verbosity_ = verbosity; }
  /// Breaks lines that are longer, from now on: before the first one is written.
  void set_width(unsigned width) { width_ = width; }

  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    logger().error(format, std::forward<Args>(args)...);
  }
  /// Why pidns cannot continue, and what to do about it.
  void failure(const Failure& failure) {
    error("{}", on_one_line(failure.what()));
    if (!failure.hint.empty()) {
      error("hint: {}", on_one_line(failure.hint));
    }
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) {
    logger().warn(format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    if (verbosity_ >= 1) {
      logger().info(format, std::forward<Args>(args)...);
    }
  }
  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (verbosity_ >= 2) {
      logger().debug(format, std::forward<Args>(args)...);
    }
  }

 private:
  spdlog::logger& logger();

  int verbosity_ = 0;
  unsigned width_ = 0;  // as it comes
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace pidns
