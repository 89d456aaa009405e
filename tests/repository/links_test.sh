#!/bin/bash
# links_test.sh: every link of the pages to another page or to a heading leads there.
set -euo pipefail

# The anchors that a page has: its headings as GitHub and GitLab write them.
anchors_of() {
  sed --quiet 's/^##* //p' "$1" | sed 's/[^[:alnum:] _-]//g; s/ /-/g' | tr '[:upper:]' '[:lower:]'
}

links=0
for page in *.md docs/*.md; do
  while read -r link; do
    file=${link%%#*}
    target=$page
    [[ ! $file ]] || target=$(dirname -- "$page")/$file
    if [[ ! -e $target ]]; then
      echo "$page: $link: there is no such file" >&2
      exit 1
    fi
    if [[ $link == *'#'* ]] && ! anchors_of "$target" | grep --quiet --line-regexp --fixed-strings -- "${link#*#}"; then
      echo "$page: $link: there is no such heading" >&2
      exit 1
    fi
    links=$((links + 1))
  done < <(grep --only-matching '](\([^):]*\))' "$page" | sed 's/^](//; s/)$//')
done
echo "$links links"
((links > 20))
