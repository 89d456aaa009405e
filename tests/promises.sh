#!/bin/sh
# promises.sh WHERE [NAMES REASON]: what pidns promises, tried as root with the pidns in PATH: by scripts/kernels on a kernel
# that it has booted, in the sh of busybox, and by scripts/architectures with a program for another machine. Needs a
# terminal, and a /proc in which nothing else runs. Prints a line for each promise: `promise: NAME: kept`, or what was seen
# in place of what. For those in NAMES, between semicolons, it prints the REASON why they cannot be kept WHERE they are tried.
set -u

echo "promises: $1"
impossible=${2-}
reason=${3-}

# expect NAME SEEN WANTED
expect() {
  said="'$2', not '$3'"
  case ";$impossible;" in *";$1;"*) said="not tried, $reason" ;; esac
  if [ "$2" = "$3" ]; then said=kept; fi
  echo "promise: $1: $said"
}
# until_true COMMAND...: waits until it is true, and gives up after some minutes.
until_true() {
  tries=6000
  until "$@" 2> /dev/null; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.02
  done
}
is_stopped() { grep -q '^State:.T' "/proc/$1/status"; }
is_running() { grep -q '^State:.[SR]' "/proc/$1/status"; }
runs() { grep -qsx "$1" /proc/[0-9]*/comm; }
is_gone() { ! runs "$1"; }
executes() { [ "$(tr '\0' ' ' < "/proc/$1/cmdline")" = "$2 " ]; }
child_of() { tr -d ' ' < "/proc/$1/task/$1/children"; }
as_nobody() { su nobody -s /bin/sh -c "$1"; }

# start COMMAND...: runs it in the background, and waits for its first line of output.
start() {
  mkfifo "$place/fifo"
  "$@" > "$place/fifo" &
  started=$!
  exec 3< "$place/fifo"
  rm "$place/fifo"
  read -r first <&3
  [ "$first" = ready ] || echo "started: $first"
}
# end: sets `ended` to the status of what was started.
end() {
  wait "$started"
  ended=$?
  exec 3<&-
}

place=$(mktemp -d)
trap : INT # Ctrl-C reaches this shell too

expect "--version, --help" "$(pidns --version | wc -l) $(pidns --help | head -n 1)" "1 Usage: pidns [OPTION]... [--] [COMMAND [ARG]...]"

expect "exit status" "$(pidns sh -c 'exit 7'; echo $?) $(pidns --fork sh -c 'exit 8'; echo $?)" "7 8"
expect "status 125, 126, 127" "$(for i in --no-such /etc nosuch; do pidns $i 2> /dev/null; echo $?; done | tr '\n' ' ')" "125 126 127 "
# shellcheck disable=SC2016 # the inner shells expand all of these
{
  expect "death by a signal" "$(pidns sh -c 'kill -9 $$'; echo $?) $(pidns sh -c 'kill $$'; echo $?)" "137 143"
  expect "lesson: PID 1, the host's /proc" "$(pidns --fork sh -c 'echo $$ $(cat /proc/1/comm)')" "1 $(cat /proc/1/comm)"
  expect "lesson: a /proc of its own" "$(pidns --fork --mount-proc sh -c 'echo $$ $(cat /proc/1/comm) /proc/[0-9]*')" "1 sh /proc/1"
  expect "nesting" "$(pidns pidns pidns --fork sh -c 'grep NSpid /proc/self/status | wc -w')" 3
  expect "user namespace" "$(as_nobody 'pidns sh -c "id -u; echo \$\$"' | tr '\n' ' ')" "65534 2 "
  expect "root in a user namespace" "$(as_nobody 'pidns -r --mount-proc sh -c "id -u; echo \$\$"' | tr '\n' ' ')" "0 1 "
}

start pidns --fork --mount-proc sh -c 'echo ready; exec sleep 1000'
inside=$(child_of "$started")
until_true executes "$inside" "sleep 1000"
expect "lesson: a PID on both sides" "$(grep NSpid "/proc/$inside/status" | tr '\t' ' ')" "NSpid: $inside 1"
expect "list" "$(pidns --list | grep -c "^ *$inside  *1 .*sleep 1000")" 1
expect "join" "$(pidns --join "$started" readlink /proc/self/ns/pid)" "$(readlink "/proc/$inside/ns/pid")"
expect "join that is not permitted" "$(as_nobody "pidns --join $inside true 2> /dev/null; echo \$?")" 125
kill "$started"
end
expect "SIGTERM without a handler" "$ended" 143

start pidns --mount-proc -unmiC sh -c 'hostname inside; echo ready; exec sleep 1000'
expect "join of all namespaces" "$(pidns --join "$started" hostname)" inside
kill -9 "$started"
end
until_true is_gone sleep
expect "kill -9 of pidns" "$ended, $(pidns --list | grep -c '^pid')" "137, 1"

start pidns --fork sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 1000 & wait; done'
kill "$started"
end
expect "SIGTERM with a handler" "$ended" 5

set -m # a job of its own: the kernel does not stop a group whose parents are all in it or elsewhere
start pidns sh -c 'echo ready; exec sleep 1000'
set +m
kill -TSTP "$started"
until_true is_stopped "$started"
kill -CONT "$started"
until_true is_running "$started"
kill "$started"
end
expect "stop and go on" "$ended" 143

for option in --init --mount-proc; do
  until_true is_gone sleep
  (until_true runs sleep; echo "press Ctrl-C") &
  pidns $option sleep 1000
  expect "Ctrl-C with $option" "$?" 130
done

if [ -e /proc/self/ns/time ]; then
  before=$(cut -d . -f 1 /proc/uptime)
  inside=$(pidns --time --boottime=1000 cut -d . -f 1 /proc/uptime)
  after=$(cut -d . -f 1 /proc/uptime)
  expect "time" "$((before <= inside - 1000 && inside - 1000 <= after))" 1
else
  expect "time" "$(pidns --time true 2>&1 | tail -n 1)" "pidns: hint: this kernel has no time namespaces"
fi
touch "$place/kept"
expect "a namespace that is kept" "$(pidns --uts="$place/kept" hostname kept; nsenter --uts="$place/kept" hostname; umount "$place/kept")" kept
expect "explain" "$(pidns --explain --fork true 2>&1 | grep -c 'unshare(CLONE_NEWPID) = 0\|exited with status 0')" 2
expect "check" "$(pidns --check | grep -c '^ok  \(pidns COMMAND\|PID namespace\|user namespace\|own /proc\|kernel\)')" 5
rm -r "$place"
echo "promises: all tried"
