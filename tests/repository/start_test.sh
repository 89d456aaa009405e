#!/bin/bash
# The program makes no streams at its start: one <iostream> in the sources, or in a header of a library, would do that.
set -euo pipefail
if nm --demangle "$1" | grep 'std::ios_base::Init::Init'; then
  echo "$1 initializes the streams of <iostream>: see src/cli/cli11.hpp" >&2
  exit 1
fi
