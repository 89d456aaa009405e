#!/bin/bash
# includes_test.sh: which folder of src/ and include/pidns/ may include which. It may include itself and those of a lower
# rank; of two with the same rank neither includes the other.
set -euo pipefail

declare -A rank=(
  [util]=0
  [sys]=1
  [proc]=2 [process]=2
  [signal]=3
  [explain]=4
  [supervise]=5
  [launch]=6 [list]=6
)

may_include() {
  local from=$1 to=$2
  [[ $from != "$to" ]] || return 0
  [[ $from != cli ]] || { [[ $to == util ]]; return; }
  [[ -n ${rank[$from]-} && -n ${rank[$to]-} ]] && ((rank[$to] < rank[$from]))
}

failures=0
offends() {
  echo "$1" >&2
  failures=$((failures + 1))
}

# src/main.cpp puts everything together: it alone stands in no folder, and may include all.
while IFS= read -r file; do
  offends "$file: stands in no folder"
done < <(find src include/pidns -maxdepth 1 -name '*.[ch]pp' ! -path src/main.cpp)

includes=$(grep --recursive --line-number --extended-regexp '^ *# *include ["<]pidns/' src/*/ include/pidns/*/)
while IFS= read -r line; do
  [[ $line =~ ^(src|include/pidns)/([^/]*)/.*[\"\<]pidns/([^/]*)/ ]] || {
    offends "$line: stands in no folder"
    continue
  }
  may_include "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" ||
    offends "$line: ${BASH_REMATCH[2]} may not include ${BASH_REMATCH[3]}"
done <<< "$includes"

# Any other include must name a header in the folder of its source: a path would bypass the rule.
while IFS= read -r line; do
  offends "$line: is not below pidns/, nor beside its source"
done < <(grep --recursive --line-number '^ *# *include "[^"]*/' src/ include/ | grep --invert-match '"pidns/')

((failures == 0)) || exit 1
echo "$(wc -l <<< "$includes") includes, each of its own folder or of a lower one"
