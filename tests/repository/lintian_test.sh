#!/bin/bash
# lintian_test.sh BUILD_DIR: Debian's own checks find neither an error nor a warning in the .deb that CPack makes.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

scratch=$(mktemp --directory)
trap 'rm -rf -- "$scratch"' EXIT
cpack --config "$1/CPackConfig.cmake" -G DEB -B "$scratch" > "$scratch/log" || { cat "$scratch/log"; fail "cpack"; }
lintian --allow-root --fail-on error,warning --info "$scratch"/*.deb
