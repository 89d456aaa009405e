#!/bin/bash
# promises.sh COMMAND...: what pidns promises, tried as root with a program for another architecture, which COMMAND runs:
# an emulator and the program. Prints a line for each: `promise: NAME: kept`, or what was seen in place of what. The
# commands that pidns runs are those of this machine.
set -uo pipefail

program=("$@")
pidns() { "${program[@]}" "$@"; }

# expect NAME SEEN WANTED
expect() {
  if [[ $2 == "$3" ]]; then echo "promise: $1: kept"; else echo "promise: $1: '$2', not '$3'"; fi
}
# As expect, for a promise that fails under qemu-user: its second thread may not create a user namespace, and the kernel
# finds no emulator for a program that has no name.
expect_natively() {
  if [[ ${program[0]} == qemu-* ]]; then echo "promise: $1: not tried, qemu-user cannot do that"; else expect "$@"; fi
}
until_true() { until "$@" 2> /dev/null; do read -rt 0.02 <> <(:); done; }
state_is() { grep -q "^State:.[$2]" "/proc/$1/status"; }
is_gone() { [[ ! -e /proc/$1 ]]; }

# start ARGUMENT...: runs pidns in the background, and waits for the first line of the command's output, `ready`.
start() {
  exec 3< <(echo "$BASHPID"; exec "${program[@]}" "$@")
  read -r started <&3
  read -r _ <&3
  inside=$(pgrep --parent "$started")
}
# end: sets `ended` to the status of what was started.
end() {
  wait "$started"
  ended=$?
  exec 3<&-
}

expect "--version, --help" "$(pidns --version | wc -l) $(pidns --help | head -1)" "1 Usage: pidns [OPTION]... [--] [COMMAND [ARG]...]"
expect "exit status" "$(pidns sh -c 'exit 7'; echo $?) $(pidns --fork sh -c 'exit 8'; echo $?)" "7 8"
expect "status 125, 126, 127" "$(for i in --no-such /etc nosuch; do pidns $i 2> /dev/null; echo $?; done | tr '\n' ' ')" "125 126 127 "
# shellcheck disable=SC2016 # the inner shells expand all of these
{
  expect "death by a signal" "$(pidns sh -c 'kill -9 $$'; echo $?) $(pidns sh -c 'kill $$'; echo $?)" "137 143"
  expect "lesson: PID 1, the host's /proc" "$(pidns --fork sh -c 'echo $$; cat /proc/1/comm' | tr '\n' ' ')" "1 $(cat /proc/1/comm) "
  expect "lesson: a /proc of its own" "$(pidns --fork --mount-proc sh -c 'echo $$ /proc/[0-9]*; cat /proc/1/comm' | tr '\n' ' ')" "1 /proc/1 sh "
  expect_natively "root in a user namespace" "$(setpriv --reuid=nobody --clear-groups "${program[@]}" -r --mount-proc sh -c 'id -u; echo $$' 2> /dev/null | tr '\n' ' ')" "0 1 "
}
expect "explain" "$(pidns --explain --fork true 2>&1 | grep -c 'unshare(CLONE_NEWPID) = 0\|exited with status 0')" 2
expect_natively "check" "$(pidns --check | grep -c '^ok  \(pidns COMMAND\|PID namespace\|user namespace\|own /proc\|kernel\)')" 5
expect "time" "$(pidns --time --boottime=1000000 cut -c 1-2 /proc/uptime)" 10

start --fork --mount-proc sh -c 'echo ready; exec sleep 1000'
expect "lesson: a PID on both sides" "$(grep NSpid "/proc/$inside/status" | tr '\t' ' ')" "NSpid: $(tr '\t' ' ' < "/proc/$started/status" | sed -n 's/^NSpid: .* //p')$inside 1"
expect "list" "$(pidns --list "$started" | grep -c "^ *$inside  *1 .*sleep 1000")" 1
expect_natively "join" "$(pidns --join "$started" readlink /proc/self/ns/pid 2> /dev/null)" "$(readlink "/proc/$inside/ns/pid")"
kill "$started"
end
expect "SIGTERM without a handler" "$ended" 143

start --fork sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 1000 & wait; done'
kill "$started"
end
expect "SIGTERM with a handler" "$ended" 5

start sh -c 'echo ready; exec sleep 1000'
kill -STOP "$started"
until_true state_is "$started" T
kill -CONT "$started"
until_true state_is "$started" RS
kill "$started"
end
expect "stop and go on" "$ended" 143

start --mount-proc sh -c 'echo ready; exec sleep 1000'
kill -9 "$started"
end
until_true is_gone "$inside"
expect "kill -9 of pidns" "$ended" 137
