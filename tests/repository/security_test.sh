#!/bin/bash
# security_test.sh CTEST_DIRECTORY: every test that docs/security.md names exists under that name.
set -euo pipefail

# shellcheck disable=SC2016  # the backquotes are those of Markdown
mapfile -t names < <(sed --quiet --regexp-extended 's/^\|.*\| ((`[^`]+`(, )?)+) \|$/\1/p' docs/security.md |
  grep --only-matching --perl-regexp '`\K[^`]+(?=`(, | *$|$))')
((${#names[@]} > 20)) || { echo "docs/security.md names ${#names[@]} tests" >&2; exit 1; }
tests=$(ctest --test-dir "$1" --show-only)
failures=0
for name in "${names[@]}"; do
  grep --quiet --fixed-strings -- "$name" <<< "$tests" || {
    echo "docs/security.md: no test is called '$name'" >&2
    failures=$((failures + 1))
  }
done
exit "$((failures != 0))"
