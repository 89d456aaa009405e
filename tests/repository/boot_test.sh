#!/bin/bash
# boot_test.sh: what scripts/test installs for the recipes starts no daemon at the next boot, in a Debian of its own with
# systemd and the links of System V init; a daemon that was there before still starts.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

root=$(mktemp --directory)
trap 'rm -rf -- "$root"' EXIT

((EUID == 0)) || skip "it needs root"
getent hosts deb.debian.org > /dev/null || skip "deb.debian.org is not to be reached"

# cron stands for what the machine had.
mmdebstrap --quiet --variant=apt --include=systemd,cron bookworm "$root" http://deb.debian.org/debian
mkdir "$root/scripts"
cp scripts/lib.sh "$root/scripts"
# shellcheck disable=SC2016 # the inner shells expand them
unshare --mount --propagation private bash -euo pipefail -c '
  mount --bind /dev "$0/dev"
  mount --bind /proc "$0/proc"
  exec chroot "$0" bash -euo pipefail -c "$1"' "$root" '
  source /scripts/lib.sh
  open_log
  find_missing_packages "${daemon_recipe_packages[@]}"
  without_daemons install_missing_packages
  find_missing_packages "${daemon_recipe_packages[@]}"
  ((${#missing[@]} == 0))' || { cat "$root"/build/log/*; fail "installing"; }

state_of() {
  chroot "$root" systemctl is-enabled "$1" 2> /dev/null || true
}
for unit in ssh munge slurmctld slurmd; do
  [[ -e $root/lib/systemd/system/$unit.service ]] || fail "$unit.service is not installed"
  expect "$unit.service" "$(state_of $unit.service)" disabled
  [[ -e $root/etc/init.d/$unit ]] || fail "/etc/init.d/$unit is not installed"
  expect "links that start $unit" "$(find "$root"/etc/rc[S2-5].d -name "S??$unit")" ""
done
expect "cron.service" "$(state_of cron.service)" enabled
expect "runlevels in which cron starts" "$(find "$root"/etc/rc[2-5].d -name 'S??cron' | wc -l)" 4
[[ ! -e $root/usr/sbin/policy-rc.d ]] || fail "policy-rc.d is left behind"
