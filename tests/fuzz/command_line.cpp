#include "pidns/cli/command_line.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "pidns/util/signal_set.hpp"

namespace {

/// The words of a command line: each ends with a NUL, as in /proc/PID/cmdline.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find('\0'));
    words.emplace_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return words;
}

void expect(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void check(const pidns::Options& options) {
  const bool maps = options.users.current || !options.users.blocks.empty() || options.groups.current ||
                    !options.groups.blocks.empty() || options.owner;
  if (options.join) {
    expect(options.join->number > 0 || !options.join->text.empty());
    expect(options.namespaces == 0 && options.fork && !options.init && !maps);
  } else {
    expect((options.namespaces & CLONE_NEWPID) != 0);
  }
  expect(!options.mount_proc || (options.namespaces & CLONE_NEWNS) != 0);
  expect(!maps || (options.namespaces & CLONE_NEWUSER) != 0);
  expect(options.fork || (!options.mount_proc && !options.init));
  expect(options.kill_child >= 0 && options.kill_child <= pidns::last_signal);
}

void check(const pidns::ListRequest& request) {
  expect(static_cast<int>(request.json) + static_cast<int>(request.dot) + (request.watch ? 1 : 0) <= 1);
}

void check(const pidns::CheckRequest&) {}

void check(const pidns::Printout& printout) {
  expect(!printout.text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> words = split({reinterpret_cast<const char*>(data), size});
  std::vector<const char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(word.c_str());
  }
  try {
    std::visit([](const auto& request) { check(request); }, pidns::parse(arguments));
  } catch (const pidns::UsageError& error) {
    expect(std::string_view(error.what()).find(": ") != std::string_view::npos);
  }
  return 0;
}
