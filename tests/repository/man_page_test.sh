#!/bin/bash
# man_page_test.sh PIDNS PAGE: the page describes the options that --help lists: all of them, no others, in the
# same order, spelled the same way, with the same arguments.
set -euo pipefail

# Either prints its options at the start of a line: `  -f, --fork`, `      --mount-proc[=DIR]  mount ...`.
options() {
  grep --only-matching --extended-regexp '^ +(-[A-Za-z], )?--[a-z][^ ]*' | sed 's/^ *//'
}

help=$("$1" --help | options)
page=$(mandoc -T ascii -O width=100 "$2" | col -bx | options)
echo "$(wc -l <<< "$help") options in --help"
diff --unified --label help --label page <(echo "$help") <(echo "$page")
