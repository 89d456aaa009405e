# What the scripts share; sourced by them, after `set -euo pipefail`.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists of packages are for those who source this

source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

# Debian's packages for building the program,
build_packages=(cmake g++ libcap-dev libcli11-dev libfmt-dev libspdlog-dev libutf8proc-dev ninja-build
  nlohmann-json3-dev)
# for building the tests and running them,
test_packages=(
  bash-completion
  catch2
  clang-format
  fish
  graphviz
  jq
  less
  libcap2-bin
  lintian
  mandoc
  mount
  procps
  python3
  shellcheck
  strace
  uidmap
  vim-tiny
  zsh
)
# for the recipes of docs/recipes.md, which the tests run,
recipe_packages=(build-essential debian-archive-keyring fakeroot hostname iproute2 iputils-ping mmdebstrap openssh-client
  parallel python3-pytest python3-yaml tmux tox)
# for those of them that need a daemon of their own, which not every machine should get,
daemon_recipe_packages=(munge openssh-server slurm-client slurmctld slurmd)
# for scripts/package,
packaging_packages=(dpkg-dev file)
# for scripts/fuzz, which also needs the runtime of that clang,
fuzz_packages=(clang)
# for scripts/bench,
bench_packages=(bubblewrap hyperfine jq libc6-dev procps strace time tini valgrind)
# for scripts/screenshots,
screenshot_packages=(fonts-dejavu-core imagemagick ncurses-bin util-linux xterm xvfb)
# for scripts/kernels,
kernel_packages=(busybox-static cpio qemu-system-x86)
# for scripts/architectures, which adds the compilers,
architecture_packages=(hostname qemu-user-static)
# and for scripts/test --lint.
lint_packages=(clang-tidy)

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# Opens the file for the output of apt-get, cmake and ninja. What the script builds belongs to root until it ends.
open_log() {
  log=$source_dir/build/log/${0##*/}.log
  trap give_build_to_owner EXIT
  mkdir --parents -- "${log%/*}"
  : > "$log"
}

to_log() {
  echo "+ $*" >> "$log"
  "$@" >> "$log" 2>&1
}

# Runs a command whose output is of interest only if it fails. Then the script ends with its status.
logged() {
  local status=0
  to_log "$@" || status=$?
  ((status == 0)) || fail_with_log "$status" "$*: status $status"
}

# Ends the script with a status, the last lines of the log and where the others are.
fail_with_log() {
  tail --lines=20 -- "$log" >&2
  echo "${0##*/}: $2; all of its output is in $log" >&2
  exit "$1"
}

# step TEXT: announces the next of the steps, of which the script says how many there are.
steps=0
steps_begun=0
step() {
  echo "$((++steps_begun))/$steps $*"
}

# Runs the calling script again as root, if it is not root already.
become_root() {
  ((EUID == 0)) && return
  command -v sudo > /dev/null || die "run it as root: this user is not, and there is no sudo"
  exec sudo -- env CI="${CI-}" PIDNS_BINARY="${PIDNS_BINARY-}" "$0" "$@"
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2> /dev/null) == installed ]]
}

# Sets `missing` to those of the packages that are not installed, and `install_step` to what there is to do.
find_missing_packages() {
  local package
  command -v apt-get > /dev/null || die "needs Debian's apt-get to install: $*"
  missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  case ${#missing[@]} in
    0) install_step="no package is missing" ;;
    1) install_step="installing 1 package and what it needs" ;;
    *) install_step="installing ${#missing[@]} packages and what they need" ;;
  esac
}

# Calls apt-get only if a package is missing.
install_missing_packages() {
  ((${#missing[@]})) || return 0
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get --quiet --quiet --option DPkg::Lock::Timeout=300)
  # A machine that has never seen an index has nothing to install from; one server that does not answer is no
  # reason to stop, if the others have it all.
  to_log "${apt[@]}" update || echo "apt-get update failed; going on with the index that is there" >&2
  logged "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" < /dev/null
}

# Runs a command that installs packages, and keeps their daemons from being started, now and at the next boot: the tests
# start their own. A daemon that was there before stays as it was.
without_daemons() (
  policy=/usr/sbin/policy-rc.d
  before=$(links_followed_at_boot)
  trap 'disable_links_since "$before"' EXIT
  if [[ ! -e $policy ]]; then
    trap 'rm -f -- "$policy"; disable_links_since "$before"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x -- "$policy"
  fi
  "$@"
)

# The links by which systemd and System V init know what to start at boot. A link to /dev/null masks a unit.
links_followed_at_boot() {
  find /etc/systemd/system -type l ! -lname /dev/null 2> /dev/null || true
  find /etc/rc[S2-5].d -name 'S*' 2> /dev/null || true
}

# What the administrator does with `systemctl disable` and `update-rc.d disable`: an upgrade of the package respects it.
disable_links_since() {
  local link
  comm -13 <(sort <<< "$1") <(links_followed_at_boot | sort) | while read -r link; do
    if [[ $link == /etc/rc* ]]; then
      # It disables the script in all runlevels at once.
      [[ ! -e $link ]] || to_log update-rc.d "${link#/etc/rc?.d/S??}" disable
    else
      to_log rm --force -- "$link"
    fi
  done
  [[ ! -d /run/systemd/system ]] || to_log systemctl daemon-reload
}

# Builds the program for those who install or package it, in a tree of its own: the tests, and what they need, are no
# concern of theirs.
program_build=build/install
build_program() {
  cd -- "$source_dir" || die "$source_dir is gone"
  logged cmake --preset default -B "$program_build" -DBUILD_TESTING=OFF
  logged cmake --build "$program_build"
}

# What root has built belongs to the owner of the source tree, who builds on from there.
give_build_to_owner() {
  [[ ! -e $source_dir/build ]] || chown --recursive --reference="$source_dir" "$source_dir/build"
}

# try_promises OUTPUT COMMAND...: runs a command that runs tests/promises.sh on a terminal, presses Ctrl-C when that asks for
# it, and keeps what it prints.
try_promises() {
  local output=$1 line input printed
  shift
  coproc { exec timeout --foreground --signal=KILL 1800 "$@" 2>&1; }
  local pid=$COPROC_PID
  # bash closes its own descriptors when the command ends, even if some of its output is still unread. So copy them.
  exec {printed}<&"${COPROC[0]}" {input}>&"${COPROC[1]}"
  while IFS= read -r line <&"$printed"; do
    printf '%s\n' "${line%$'\r'}"
    # In a subshell: if the command has ended, SIGPIPE ends only that.
    [[ $line != *"press Ctrl-C"* ]] || (printf '\003' >&"$input") || true
  done > "$output"
  exec {printed}<&- {input}>&-
  wait "$pid" || true
}

# print_promises OUTPUT...: a table of what try_promises has kept, with a column for each. Fails if a promise is broken.
print_promises() {
  awk '
    FNR == 1 { files++ }
    /promises: all tried/ { ended[FILENAME] = 1; next }
    /promises: / { sub(/.*promises: /, ""); places[files] = $0 }
    /promise: / {
      sub(/.*promise: /, "")
      name = $0; sub(/: (kept|not tried, .*|'"'"'.*)$/, "", name)
      said = substr($0, length(name) + 3)
      if (!(name in seen)) { names[++count] = name; seen[name] = 1 }
      results[name, files] = said
      if (said ~ /^not tried/) { skipped++ } else if (said != "kept") { broken++ }
    }
    END {
      printf "%-34s", "promise"
      for (f = 1; f <= files; f++) { printf " %-28s", places[f] }
      for (n = 1; n <= count; n++) {
        printf "\n%-34s", names[n]
        for (f = 1; f <= files; f++) {
          if ((names[n], f) in results) { said = results[names[n], f] } else { said = "not reached"; broken++ }
          printf " %-28s", said
        }
      }
      for (f = 1; f < ARGC; f++) { if (!ended[ARGV[f]]) { broken++; printf "\n%s did not reach the end", ARGV[f] } }
      printf "\n%d promises in %d places, %d broken, %d not tried\n", count, files, broken, skipped
      exit broken > 0
    }' "$@"
}
