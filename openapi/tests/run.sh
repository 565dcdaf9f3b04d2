#!/usr/bin/env bash
# Lints the OpenAPI document, and tests the clients, the pages of docs/ and the API itself against real
# servers. Takes the built program; what the tests need is installed by openapi/install.sh.
#
#     openapi/tests/run.sh PROGRAM [TEST ... | --fuzz]
set -euo pipefail
PRIMATOMIC_PROGRAM=$(realpath "${1:?the built program}")
export PRIMATOMIC_PROGRAM
shift
cd "$(dirname "$0")"
../install.sh
python=../../.local/openapi/bin/python
if [ "${1:-}" = --fuzz ]; then
  exec "$python" -B fuzz.py
fi
if [ $# -gt 0 ]; then
  exec "$python" -B -m unittest "$@"
fi
REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true ../../.local/openapi/bin/node \
  ../clients/typescript/node_modules/@redocly/cli/bin/cli.js lint --extends=recommended ../openapi.json
exec "$python" -B -m unittest discover --pattern '*_test.py'
