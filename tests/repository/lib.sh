# What the tests of this directory share; sourced by them, after `set -euo pipefail`.
# shellcheck shell=bash

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

skip() {
  echo "SKIPPED: $*"
  exit 77
}

# expect WHAT SEEN EXPECTED
expect() {
  [[ $2 == "$3" ]] || fail "$1 is '$2', not '$3'"
}
