#!/bin/bash
# formatting_test.sh CLANG_FORMAT FILE...: the sources have the form that .clang-format describes for version 14.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

command -v "$1" > /dev/null || skip "clang-format is not installed"
version=$("$1" --version)
[[ $version == *" version 14."* ]] || skip "the form is that of clang-format 14, and here is $version"
exec "$1" --dry-run --Werror "${@:2}"
