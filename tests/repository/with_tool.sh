#!/bin/sh
# with_tool.sh TOOL COMMAND [ARG]...: runs COMMAND where TOOL is installed, else tells CTest to skip the test.
if ! command -v "$1" > /dev/null; then
  echo "SKIPPED: $1 is not installed"
  exit 77
fi
shift
exec "$@"
