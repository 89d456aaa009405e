#!/bin/bash
# man_page_test.sh PIDNS PAGE: the page is well-formed, fits 80 columns, names the version of the program, and describes
# the options that --help lists: all of them, no others, in the same order, spelled the same way, with the same
# arguments. Its section TASKS names each of them, too.
set -euo pipefail

# Which other pages are installed says nothing about this one; only the pages of an operating system itself leave its
# name out.
ignored='referenced manual not found|operating system explicitly specified'
messages=$(mandoc -T lint "$2" 2> /dev/null | grep --extended-regexp --invert-match "$ignored" || true)
if [[ -n $messages ]]; then
  echo "$messages"
  exit 1
fi

# Either begins a line with an option: `  -f, --fork`, `      --mount-proc[=DIR]  mount ...`.
options() {
  grep --only-matching --extended-regexp '^ {2,6}(-[A-Za-z], )?--[a-z][^ ]*' | sed 's/^ *//'
}

text=$(mandoc -T ascii "$2" | sed 's|.\x08||g')
widest=$(mandoc -T utf8 "$2" | sed 's|.\x08||g' | LC_ALL=C.UTF-8 wc --max-line-length)
((widest <= 80)) || { echo "a line is $widest columns wide"; exit 1; }
section() {
  awk -v name="$1" '/^[A-Z]/ { wanted = $0 == name } wanted' <<< "$text"
}

version=$("$1" --version | cut --delimiter=' ' --fields=1,2)
[[ $(tail --lines=1 <<< "$text") == "$version "*" $version" ]] || { echo "the last line does not name $version"; exit 1; }

help=$("$1" --help | options)
page=$(section OPTIONS | options)
diff --unified --label help --label page <(echo "$help") <(echo "$page")
echo "$(wc -l <<< "$help") options, the same in both"

# In the index, either of the two names of an option will do.
indexed=$(section TASKS | grep --only-matching --extended-regexp ' --?[A-Za-z][-a-z]*' | tr --delete ' ' | sort --unique)
missing=$(while read -r first second _; do
  grep --quiet --line-regexp --extended-regexp -e "${first%%[,=[]*}|${second%%[=[]*}" <<< "$indexed" || echo "$first $second"
done <<< "$help")
unknown=$(grep --invert-match --line-regexp --fixed-strings \
  --file=<(sed -E 's/,//; s/(=|\[).*//' <<< "$help" | tr ' ' '\n') <<< "$indexed" || true)
[[ -z $missing$unknown ]] || { echo "TASKS lacks: $missing; TASKS alone has: $unknown"; exit 1; }
echo "$(wc --lines <<< "$indexed") options in TASKS"
