#!/bin/bash
# version_test.sh: CMakeLists.txt says the version; the change log and the recipes of other distributions agree. A version
# that is released, which then has a date, names no address that does not exist.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

version=$(sed -n 's/^project(pidns VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
[[ $version ]] || fail "CMakeLists.txt says no version"
expect "that of CHANGELOG.md" "$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)" "$version"
expect "that of the spec" "$(sed -n 's/^Version: *//p' packaging/fedora/pidns.spec)" "$version"
for recipe in packaging/arch/PKGBUILD packaging/alpine/APKBUILD; do
  expect "that of $recipe" "$(sed -n 's/^pkgver=//p' $recipe)" "$version"
done
expect "that of package.nix" "$(sed -n 's/^ *version = "\(.*\)";/\1/p' packaging/nix/package.nix)" "$version"
if grep -q "^## \\[$version\\] - [0-9]" CHANGELOG.md; then
  expect "what stands for an address" \
    "$(grep -rlE 'example\.org|noreply\.example' CMakeLists.txt README.md README.ja.md packaging || true)" ""
fi
echo "version $version in 6 places"
