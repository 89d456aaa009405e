#include "pidns/explain/format_call.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "pidns/util/namespaces.hpp"
#include "pidns/util/signal_set.hpp"

/// Chosen where the C library does not name errors: musl, and glibc before 2.32.
template <typename Error>
const char* strerrorname_np(Error /*error*/) {
  return nullptr;
}

namespace pidns {

namespace {

struct Flag {
  unsigned long bits;
  std::string_view name;
};

// strace orders flags by their bits.
constexpr auto clone_flags = [] {
  std::array<Flag, namespace_kinds.size()> flags{};
  std::transform(namespace_kinds.begin(), namespace_kinds.end(), flags.begin(), [](const auto& kind) {
    return Flag{static_cast<unsigned long>(kind.flag), kind.flag_name};
  });
  std::sort(flags.begin(), flags.end(), [](const Flag& a, const Flag& b) { return a.bits < b.bits; });
  return flags;
}();
constexpr std::array mount_flags{
    Flag{MS_NOSUID, "MS_NOSUID"}, Flag{MS_NODEV, "MS_NODEV"},     Flag{MS_NOEXEC, "MS_NOEXEC"},
    Flag{MS_REC, "MS_REC"},       Flag{MS_PRIVATE, "MS_PRIVATE"}, Flag{MS_SLAVE, "MS_SLAVE"},
    Flag{MS_SHARED, "MS_SHARED"},
};
constexpr std::array open_flags{Flag{O_WRONLY, "O_WRONLY"}, Flag{O_NOCTTY, "O_NOCTTY"},
                                Flag{O_CLOEXEC, "O_CLOEXEC"}};

std::string symbolic(unsigned long flags, std::span<const Flag> known) {
  std::vector<std::string> names;
  for (const auto& [bits, name] : known) {
    if ((flags & bits) == bits) {
      names.emplace_back(name);
      flags &= ~bits;
    }
  }
  if (flags != 0 || names.empty()) {
    names.push_back(flags == 0 ? "0" : fmt::format("{:#x}", flags));
  }
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string symbolic(int flags, std::span<const Flag> known) {
  return symbolic(static_cast<unsigned long>(static_cast<unsigned>(flags)), known);
}

std::string escape(char c, char next) {
  constexpr std::string_view letters = "\t\n\v\f\r";
  if (const auto letter = letters.find(c); letter != std::string_view::npos) {
    return fmt::format("\\{}", "tnvfr"[letter]);
  }
  if (c == '"' || c == '\\') {
    return fmt::format("\\{}", c);
  }
  if (c >= ' ' && c <= '~') {
    return {c};
  }
  const bool digit_follows = next >= '0' && next <= '7';
  return fmt::format("\\{:0{}o}", static_cast<unsigned char>(c), digit_follows ? 3 : 1);
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted += escape(text[i], i + 1 < text.size() ? text[i + 1] : '\0');
  }
  return quoted + '"';
}

/// strace shows only the start of a text that is not a path.
std::string quote_start(std::string_view text) {
  constexpr std::size_t longest = 32;
  return quote(text.substr(0, longest)) + (text.size() > longest ? "..." : "");
}

std::string quote_arguments(const std::vector<char*>& arguments) {
  constexpr std::size_t most = 32;
  std::vector<std::string> quoted;
  for (const char* argument : arguments) {
    if (argument != nullptr) {
      quoted.push_back(quoted.size() < most ? quote_start(argument) : "...");
    }
    if (quoted.size() > most) {
      break;
    }
  }
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string format(const sys::Unshare& call) {
  return fmt::format("unshare({})", symbolic(call.flags, clone_flags));
}

std::string format(const sys::SetNs& call) {
  return fmt::format("setns({}, {})", call.fd, symbolic(call.flags, clone_flags));
}

std::string format(const sys::Fork& call) {
  return call.memory == sys::Memory::shared ? "vfork()" : "fork()";
}

std::string format(const sys::Mount& call) {
  return fmt::format("mount({}, {}, {}, {}, NULL)", quote(call.source), quote(call.target),
                     call.type == nullptr ? "NULL" : quote(call.type), symbolic(call.flags, mount_flags));
}

std::string format(const sys::Chroot& call) {
  return fmt::format("chroot({})", quote(call.path));
}

std::string format(const sys::Chdir& call) {
  return fmt::format("chdir({})", quote(call.path));
}

std::string format(const sys::Open& call) {
  return fmt::format("openat(AT_FDCWD, {}, {})", quote(call.path), symbolic(call.flags, open_flags));
}

std::string format(const sys::Write& call) {
  return fmt::format("write({}<{}>, {}, {})", call.fd, call.path, quote_start(call.text), call.text.size());
}

std::string format(const sys::Setsid&) {
  return "setsid()";
}

std::string format(const sys::SetParentDeathSignal& call) {
  return fmt::format("prctl(PR_SET_PDEATHSIG, {})", signal_name(call.signal));
}

std::string format(const sys::SetUndumpable&) {
  return "prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)";
}

std::string format(const sys::DropGroups&) {
  return "setgroups(0, NULL)";
}

std::string format(const sys::SetUser& call) {
  return fmt::format("setresuid({0}, {0}, {0})", call.id);
}

std::string format(const sys::SetGroup& call) {
  return fmt::format("setresgid({0}, {0}, {0})", call.id);
}

std::string format(const sys::Execute& call) {
  return fmt::format("execvp({}, {})", quote(call.arguments.front()), quote_arguments(call.arguments));
}

}  // namespace

std::string format_call(const sys::Call& call, const std::optional<sys::Result>& result) {
  std::string text = std::visit([](const auto& made) { return format(made); }, call);
  if (!result) {
    return text;
  }
  if (result->error == 0) {
    return text + fmt::format(" = {}", result->value);
  }
  const char* name = ::strerrorname_np(result->error);
  return text + fmt::format(" = -1 {} ({})", name != nullptr ? name : "?", std::strerror(result->error));
}

}  // namespace pidns
