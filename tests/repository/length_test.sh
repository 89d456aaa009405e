#!/bin/bash
# length_test.sh: no file of the program is longer than what a person reads in one go.
set -euo pipefail
limit=420
lengths=$(find src include -type f -exec grep --count '' /dev/null {} + | grep --invert-match '^/dev/null:')
too_long=$(awk -F: -v limit=$limit '$2 > limit { print $1 ": " $2 " lines, more than " limit }' <<< "$lengths")
if [[ -n $too_long ]]; then
  echo "$too_long" >&2
  exit 1
fi
echo "$(wc -l <<< "$lengths") files, none longer than $limit lines"
