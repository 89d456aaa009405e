#include "pidns/cli/other_tools.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pidns {

namespace {

constexpr std::string_view terminal = "not needed: COMMAND has the terminal of pidns";
constexpr std::string_view variables = "that is done by env: pidns env NAME=VALUE COMMAND";
constexpr std::string_view mounts =
    "that is done by mount inside, as root or with -r: pidns sh -c 'mount ... && exec COMMAND'";
constexpr std::string_view network = "not needed: the network stays the caller's without --net";
constexpr std::string_view leftovers = "not needed: nothing is left when COMMAND ends";

/// Words that other tools have for what pidns does, always does, or leaves to a program.
constexpr std::array<std::pair<std::string_view, std::string_view>, 64> words{{
    // nsenter
    {"--target", "that is --join here"},
    {"-t", "that is --join here"},
    {"--all", "not needed: --join chooses the namespaces"},
    {"-a", "not needed: --join chooses the namespaces"},
    {"-F", "that is --no-fork here"},
    // bwrap
    {"--unshare-pid", "always on: pidns makes a PID namespace"},
    {"--unshare-net", "that is --net here"},
    {"--unshare-ipc", "that is --ipc here"},
    {"--unshare-uts", "that is --uts here"},
    {"--unshare-cgroup", "that is --cgroup here"},
    {"--unshare-cgroup-try", "that is --cgroup here"},
    {"--unshare-user", "that is --map-current-user here"},
    {"--unshare-user-try", "not needed: without root pidns makes a user namespace"},
    {"--unshare-all", "name the namespaces: -cinuC"},
    {"--share-net", network},
    {"--as-pid-1", "that is --mount-proc here"},
    {"--proc", "that is --mount-proc here"},
    {"--bind", mounts},
    {"--bind-try", mounts},
    {"--ro-bind", mounts},
    {"--ro-bind-try", mounts},
    {"--dev-bind", mounts},
    {"--dev-bind-try", mounts},
    {"--tmpfs", mounts},
    {"--dev", mounts},
    {"--overlay", mounts},
    {"--remount-ro", mounts},
    {"--chdir", "that is --wd here"},
    {"--uid", "that is --map-user here, or --setuid"},
    {"--gid", "that is --map-group here, or --setgid"},
    {"--hostname",
     "that is done by hostname inside, as root or with -r: pidns --uts sh -c 'hostname NAME && exec "
     "COMMAND'"},
    {"--setenv", variables},
    {"--unsetenv", "that is done by env: pidns env --unset=NAME COMMAND"},
    {"--info-fd", "that is --json-status-fd here"},
    {"--cap-drop", "that is done by setpriv: pidns setpriv --bounding-set=-NAME COMMAND"},
    // docker and podman
    {"--rm", leftovers},
    {"-it", terminal},
    {"-ti", terminal},
    {"--tty", terminal},
    {"--interactive", terminal},
    {"-d", "that is done by the shell: pidns COMMAND &"},
    {"--detach", "that is done by the shell: pidns COMMAND &"},
    {"-e", variables},
    {"--env", variables},
    {"--volume", mounts},
    {"--workdir", "that is --wd here"},
    {"--network", "that is --net here"},
    {"--entrypoint", "not needed: name the program as COMMAND"},
    {"--privileged", "not needed: COMMAND has the capabilities of pidns"},
    {"--stop-timeout", "that is --grace here"},
    // systemd-run, sudo, su, chroot
    {"--pty", terminal},
    {"--working-directory", "that is --wd here"},
    {"--wait", "always on: pidns waits for COMMAND"},
    {"--collect", leftovers},
    {"--userspec", "that is --setuid here, with --setgid"},
    {"--shell", "not needed: name the shell as COMMAND"},
    {"--command", "not needed: COMMAND stands alone after the options"},
    {"--preserve-env", "always on: COMMAND gets the environment of pidns"},
    {"-E", "always on: COMMAND gets the environment of pidns"},
    // tini and timeout
    {"--subreaper", "always on: PID 1 reaps"},
    {"--timeout", "that is done by timeout: timeout 60 pidns COMMAND"},
    {"--foreground", "always on: COMMAND has the terminal of pidns"},
    {"-q", "not needed: pidns says nothing without -v"},
    {"--quiet", "not needed: pidns says nothing without -v"},
}};

}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> other_tools_words() {
  return words;
}

std::optional<std::string_view> advice_for_word(std::string_view word) {
  const auto* found =
      std::find_if(words.begin(), words.end(), [&](const auto& row) { return row.first == word; });
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace pidns
