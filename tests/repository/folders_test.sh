#!/bin/bash
# Holds the rule of the folders: each may include itself and those of a lower rank; cli knows nothing but util. No source
# stands outside a folder but main.cpp, and none has more than 420 lines. Run in the source tree.
set -euo pipefail

declare -A rank=([util]=0 [sys]=1 [proc]=2 [process]=2 [signal]=3 [explain]=4 [supervise]=5 [launch]=6 [list]=6 [cli]=1)
longest=420
failed=false

complain() {
  echo "$*" >&2
  failed=true
}

may_include() {
  local from=$1 to=$2
  [[ $from == "$to" ]] && return
  [[ $from == cli ]] && [[ $to == util ]] && return
  [[ $from != cli && $to != cli ]] && ((rank[$to] < rank[$from]))
}

while IFS= read -r file; do
  lines=$(wc -l < "$file")
  ((lines <= longest)) || complain "$file: $lines lines are more than $longest"
  [[ $file == src/main.cpp ]] && continue
  folder=$(basename -- "$(dirname -- "$file")")
  if [[ -z ${rank[$folder]-} ]]; then
    complain "$file: stands in no folder of the plan"
    continue
  fi
  while IFS= read -r included; do
    to=${included%%/*}
    if [[ -z ${rank[$to]-} ]] || ! may_include "$folder" "$to"; then
      complain "$file: $folder must not include $included"
    fi
  done < <(sed -n 's|^#include "pidns/\(.*\)"|\1|p' "$file")
done < <(find src include -name '*.[ch]pp' | sort)

! $failed
