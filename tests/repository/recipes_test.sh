#!/bin/bash
# recipes_test.sh PIDNS RECIPE: runs the blocks of one heading of docs/recipes.md, as they stand there, in a directory that
# has the files the text speaks of. Then what they have made is looked at, and no process of theirs may be left.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

pidns=$(realpath -- "$1")
recipe=$2
recipes=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../../docs/recipes.md")
scratch=$(mktemp --directory)
# Everything that the recipe starts inherits this, and is known by it.
export PIDNS_RECIPE=$scratch
daemons=()

finish() {
  local pid
  for pid in "${daemons[@]}"; do
    kill "$pid" 2> /dev/null || continue
    tail --pid="$pid" -f /dev/null  # it may still write until it ends
  done
  rm -rf -- "$scratch"
}
trap finish EXIT

fail() {
  echo "FAILED: $recipe: $*" >&2
  exit 1
}

# PIDs of the processes that the recipe has started and that have not ended.
left_over() {
  local directory
  for directory in /proc/[0-9]*; do
    if [[ $directory != "/proc/$$" ]] && grep -qsz "^PIDNS_RECIPE=$scratch$" "$directory/environ"; then
      printf '%s\n' "${directory#/proc/}"
    fi
  done
}

wait_until() {
  local what=$1 i
  shift
  for ((i = 0; i < 600; ++i)); do
    "$@" && return
    sleep 0.1
  done
  fail "waited for a minute in vain for $what"
}

# blocks_of HEADING [LANGUAGE]: the lines of all its blocks in that language, by default of a shell
blocks_of() {
  awk -v heading="## $1" -v begin="\`\`\`${2:-sh}" '
    /^## / { inside = $0 == heading }
    /^```/ { block = inside && $0 == begin; next }
    block' "$recipes"
}
# What is run of a recipe. One whose blocks another program reads has a function script_RECIPE.
script_of() {
  if declare -F "script_$1" > /dev/null; then
    "script_$1"
  else
    blocks_of "${headings[$1]}"
  fi
}

write_script() {
  { echo '#!/bin/bash' && cat; } > "$1"
  chmod +x "$1"
}

write_jobs() {
  write_script job << 'EOF'
setsid sleep 1000 &
echo "job $1"
EOF
  # Fails when at least two others are on their way, with something that has left their session.
  write_script job-that-fails-once << 'EOF'
setsid sleep 1000 &
if [[ $1 == 3 ]]; then
  until [[ -e started.1 && -e started.2 ]]; do sleep 0.1; done
  exit 5
fi
: > "started.$1"
sleep 1000
EOF
  write_script job-that-goes-on <<< 'setsid sleep 1000 & : > started; sleep 1000'
}

check_failed_jobs() {
  [[ -e started.1 && -e started.2 ]] || fail "the other jobs have not begun"
  # parallel exits with the status of the job that made it stop.
  expect "parallel" "$(< status)" "status 5"
}

check_jobs() {
  expect "number of jobs that ran" "$(sort -u output | grep -c '^job [0-9]*$')" "$1"
}

prepare_make() {
  cat > Makefile << 'EOF'
all: a b c d
a b c d:
	setsid sleep 1000 & touch $@
EOF
}
check_make() {
  [[ -e a && -e b && -e c && -e d ]] || fail "make has not made it all"
}

prepare_cmake() {
  cat > CMakeLists.txt << 'EOF'
cmake_minimum_required(VERSION 3.20)
project(hello C)
enable_testing()
add_executable(hello hello.c)
add_test(NAME hello COMMAND hello)
add_test(NAME leaves-a-server COMMAND sh -c "setsid sleep 1000 > /dev/null 2>&1 &")
EOF
  echo 'int main(void) { return 0; }' > hello.c
}
check_cmake() {
  build/hello || fail "hello does not run"
  grep -q '100% tests passed' output.log || fail "the tests have not passed"
}

write_tests() {
  write_script run-tests << 'EOF'
setsid sleep 1000 &
echo tested >> output
EOF
}
check_tests() {
  expect "what the tests have said" "$(< output)" tested
}

write_server() {
  write_script server << 'EOF'
trap 'echo bye; exit 0' TERM
setsid sleep 1000 &
echo ready
while :; do wait; done
EOF
}

prepare_pytest() {
  cat > test_server.py << EOF
import os, subprocess
def test_that_leaves_a_server():
    # tox passes few variables on
    subprocess.Popen(["setsid", "sleep", "1000"], env=dict(os.environ, PIDNS_RECIPE="$PIDNS_RECIPE"))
EOF
  blocks_of "${headings[pytest]}" ini > tox.ini
  PATH=$scratch/bin:/usr/bin:/bin # Debian's Python, whatever else there is
}
check_pytest() {
  expect "how often the tests have passed" "$(grep --count '1 passed' output.log)" 2
}

prepare_github() {
  write_tests
  write_server
}
# GitHub writes the lines to a file that ends with a newline, and runs the shell that the step names.
script_github() {
  blocks_of "${headings[github]}" yaml | /usr/bin/python3 -c '
import yaml, sys
step = yaml.safe_load(sys.stdin)[0]
open("step.sh", "w").write(step["run"])
print(step["shell"].replace("{0}", "step.sh"))'
}
check_github() { check_tests; }

prepare_gitlab() { write_tests; }
script_gitlab() {
  blocks_of "${headings[gitlab]}" yaml | /usr/bin/python3 -c '
import yaml, sys
print("\n".join(yaml.safe_load(sys.stdin)["test"]["script"]))'
}
check_gitlab() { check_tests; }

prepare_jenkins() { write_tests; }
# The step sh runs its argument as a script of sh -xe.
script_jenkins() {
  local lines
  lines=$(blocks_of "${headings[jenkins]}" groovy | sed --quiet "s/^ *sh '\(.*\)'$/\1/p")
  [[ $lines ]] || fail "there is no step sh"
  echo "$lines" > step.sh
  echo "sh -xe step.sh"
}
check_jenkins() { check_tests; }

prepare_ready() { write_server; }
check_ready() {
  local first last
  { read -r first && read -r last; } < output.log
  [[ $first =~ ^[1-9][0-9]*$ ]] || fail "the PID is '$first'"
  expect "the exit status" "$last" 0
  expect "what the server has said" "$(tr '\n' ' ' < log)" "ready bye "
}

prepare_parent() { write_jobs; }
check_parent() {
  [[ -e started ]] || fail "the job has not begun"
}

prepare_cron() {
  write_jobs
  # cron's variables are few, and its PATH is the one in the table.
  as=(unshare --mount sh -c "mount --bind '$scratch/bin' /usr/local/bin"' && exec "$@"' sh
    env -i "HOME=$PWD" LOGNAME=root SHELL=/bin/sh "PIDNS_RECIPE=$PIDNS_RECIPE")
}
# Twice, as five minutes later.
script_cron() {
  local table
  table=$(blocks_of "${headings[cron]}" crontab)
  grep '^[A-Z]*=' <<< "$table" | sed 's/^/export /'
  for _ in 1 2; do
    sed --quiet 's/^\(\([^ A-Z]*\) \)\{5\}//p' <<< "$table"
  done
}
check_cron() {
  expect "the output of two runs" "$(tr '\n' ' ' < output)" "job 1 job 1 "
}

prepare_container() {
  write_server
  # As Docker's: a PID 1 without the capability to make a namespace.
  write_script container << 'EOF'
exec pidns --fork --mount-proc setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
EOF
}
script_container() {
  local words
  words=$(blocks_of "${headings[container]}" dockerfile | /usr/bin/python3 -c '
import json, shlex, sys
lines = dict(line.split(" ", 1) for line in sys.stdin)
print(shlex.join(json.loads(lines["ENTRYPOINT"]) + json.loads(lines["CMD"])))')
  cat << EOF
./container $words > log &
until grep -q ready log; do sleep 0.1; done
kill \$!
wait \$!
EOF
}
check_container() {
  expect "what the server has said" "$(tr '\n' ' ' < log)" "ready bye "
  expect "its one message" "$(< output.log)" "pidns: already PID 1: --init runs COMMAND in this PID namespace"
}

prepare_tmux() {
  write_jobs
  export TMUX_TMPDIR=$PWD TERM=dumb
}
check_tmux() {
  [[ -e lost ]] || fail "the first session has survived its client"
  [[ -e started ]] || fail "the job has not begun"
}

prepare_xargs() { write_jobs; }
check_xargs() {
  check_jobs 200
  expect "xargs" "$(< status)" "status 143"
}

prepare_package() {
  mkdir -p package/debian
  cd package
  cat > debian/control << 'EOF'
Source: recipe
Section: misc
Priority: optional
Maintainer: Nobody <nobody@example.org>
Standards-Version: 4.6.2

Package: recipe
Architecture: all
Description: made by a recipe
 It holds one file.
EOF
  cat > debian/changelog << 'EOF'
recipe (1.0) unstable; urgency=low

  * First.

 -- Nobody <nobody@example.org>  Thu, 01 Jan 2026 00:00:00 +0000
EOF
  cat > debian/rules << 'EOF'
#!/usr/bin/make -f
build build-arch build-indep clean binary-arch:
binary binary-indep:
	rm -rf debian/tmp
	install -D -o root -g games debian/control debian/tmp/usr/share/recipe/control
	mkdir debian/tmp/DEBIAN
	dpkg-gencontrol
	dpkg-deb --build debian/tmp ..
EOF
  chmod +x debian/rules
  chown -R nobody "$scratch"
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups env "HOME=$scratch")
}
check_package() {
  expect "owner in the package" \
    "$(dpkg-deb --contents ../recipe_1.0_all.deb | awk '/control$/ { print $2 }')" root/games
  expect "owner outside" "$(stat --format=%U debian/tmp/usr/share/recipe/control)" nobody
}

prepare_chroot() {
  getent hosts deb.debian.org > /dev/null || skip "deb.debian.org is not to be reached"
  hostname=$(hostname)
}
check_chroot() {
  expect "the hostname inside" "$(grep --count '^inside$' output.log)" 1
  expect "the hostname outside" "$(hostname)" "$hostname"
  expect "PID 1 inside" "$(awk '$1 == 1 { print $4 }' output.log)" sh
  [[ ! -e root/proc/version ]] || fail "the new proc is to be seen outside"
}

prepare_network() {
  # A machine of our own to be: with its own network, and its own /run.
  as=(unshare --net --mount sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh)
}
check_network() {
  grep -q '1 received' output.log || fail "no answer through the pair"
}

prepare_parallel() {
  write_jobs
}
check_parallel() {
  check_jobs 200
  check_failed_jobs
}

prepare_service() { write_server; }
check_service() {
  expect "what the server has said" "$(tr '\n' ' ' < log)" "ready bye "
  [[ ! -e pid ]] || fail "the service was not stopped"
}

prepare_ssh() {
  write_jobs
  ssh-keygen -q -t ed25519 -N '' -f host_key
  ssh-keygen -q -t ed25519 -N '' -f user_key
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat > sshd_config << EOF
Port $port
ListenAddress 127.0.0.1
HostKey $PWD/host_key
AuthorizedKeysFile $PWD/user_key.pub
StrictModes no
PasswordAuthentication no
MaxStartups 100
PidFile $PWD/sshd.pid
SetEnv PATH=$PATH PIDNS_RECIPE=$PIDNS_RECIPE
EOF
  cat > ssh_config << EOF
Host worker
  HostName 127.0.0.1
  Port $port
  User $(id --user --name)
  IdentityFile $PWD/user_key
  UserKnownHostsFile $PWD/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
EOF
  mkdir -p /run/sshd  # sshd's own, which its service makes
  env --unset=PIDNS_RECIPE /usr/sbin/sshd -f "$PWD/sshd_config" -E "$PWD/sshd.log"
  wait_until "sshd" test -s sshd.pid
  daemons+=("$(< sshd.pid)")
  export PARALLEL_SSH="ssh -F $PWD/ssh_config"
}
check_ssh() {
  check_jobs 8
  check_failed_jobs
}

prepare_slurm() {
  write_jobs
  local host
  host=$(hostname --short)
  mkdir state spool
  head --bytes=1024 /dev/urandom > munge.key
  chmod 400 munge.key
  cat > slurm.conf << EOF
ClusterName=recipe
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$PWD/munge.socket
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/spool
SlurmctldPidFile=$PWD/slurmctld.pid
SlurmdPidFile=$PWD/slurmd.pid
SlurmctldLogFile=$PWD/slurmctld.log
SlurmdLogFile=$PWD/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
EOF
  export SLURM_CONF=$PWD/slurm.conf
  local outside=(env --unset=PIDNS_RECIPE)
  "${outside[@]}" munged --force --key-file="$PWD/munge.key" --socket="$PWD/munge.socket" \
    --pid-file="$PWD/munge.pid" --log-file="$PWD/munge.log" --seed-file="$PWD/munge.seed"
  "${outside[@]}" slurmctld -f "$SLURM_CONF"
  "${outside[@]}" slurmd -f "$SLURM_CONF" -N "$host"
  local daemon
  for daemon in munge slurmctld slurmd; do
    wait_until "$daemon" test -s "$daemon.pid"
    daemons=("$(< "$daemon.pid")" "${daemons[@]}")
  done
  wait_until "the node" eval 'sinfo --noheader --format=%T | grep -q idle'
}
check_slurm() {
  expect "the output of the job" "$(< output)" "job 1"
  expect "srun of the job that was cancelled" "$(< status)" "status 143"
}

declare -A headings=(
  [make]="make"
  [cmake]="A CMake project"
  [pytest]="pytest and tox"
  [github]="GitHub Actions"
  [gitlab]="GitLab"
  [jenkins]="Jenkins"
  [ready]="Wait until a service runs"
  [parent]="A job that dies with its parent"
  [cron]="cron and flock"
  [container]="The entry point of a container"
  [tmux]="tmux"
  [xargs]="Many jobs with xargs"
  [package]="A Debian package, with faked root"
  [chroot]="A chroot"
  [network]="A network namespace and a veth pair"
  [parallel]="Two hundred jobs with GNU parallel"
  [service]="A service without systemd"
  [ssh]="Many machines: parallel over ssh"
  [slurm]="A cluster: Slurm"
)

((EUID == 0)) || skip "it needs root"
mkdir "$scratch/bin" "$scratch/work"
cp -- "$pidns" "$scratch/bin/pidns"
chmod 755 "$scratch"
export PATH=$scratch/bin:$PATH HOME=$scratch
cd -- "$scratch/work"
as=()
"prepare_$recipe"
script_of "$recipe" > "$scratch/block"
[[ -s $scratch/block ]] || fail "there is no such recipe"
status=0
"${as[@]}" bash -euo pipefail "$scratch/block" > "$scratch/output.log" 2>&1 < /dev/null || status=$?
cp "$scratch/output.log" output.log
((status == 0)) || { cat output.log; fail "status $status"; }
"check_$recipe" || { cat output.log; exit 1; }
nothing_is_left() { [[ -z $(left_over) ]]; }
wait_until "the end of all that was started" nothing_is_left
