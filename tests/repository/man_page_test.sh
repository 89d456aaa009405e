#!/bin/bash
# man_page_test.sh PIDNS PAGE: the page is well-formed, and describes the options that --help lists: all of them, no
# others, in the same order, spelled the same way, with the same arguments.
set -euo pipefail

# Which other pages are installed says nothing about this one.
messages=$(mandoc -T lint "$2" 2> /dev/null | grep --invert-match 'referenced manual not found' || true)
if [[ -n $messages ]]; then
  echo "$messages"
  exit 1
fi

# Either begins a line with an option: `  -f, --fork`, `      --mount-proc[=DIR]  mount ...`.
options() {
  grep --only-matching --extended-regexp '^ {2,6}(-[A-Za-z], )?--[a-z][^ ]*' | sed 's/^ *//'
}

help=$("$1" --help | options)
page=$(mandoc -T ascii "$2" | sed 's|.\x08||g' | awk '/^[A-Z]/ { wanted = /^OPTIONS/ } wanted' | options)
diff --unified --label help --label page <(echo "$help") <(echo "$page")
echo "$(wc -l <<< "$help") options, the same in both"
