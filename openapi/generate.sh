#!/usr/bin/env bash
# Writes the generated parts of the clients from openapi.json. With a directory as its argument it
# writes them there instead, which is how a test finds out whether the checked-in ones are old.
set -euo pipefail
cd "$(dirname "$0")"
./install.sh
into=$(realpath "${1:-clients}")
tools=$(realpath ../.local/openapi/bin)
PATH="$tools:$PATH"

mkdir -p "$into/typescript/src" "$into/python/primatomic"
node clients/typescript/node_modules/openapi-typescript/bin/cli.js openapi.json \
  --output "$into/typescript/src/generated.ts" > /dev/null

document=$(mktemp --suffix .json)
trap 'rm "$document"' EXIT
"$tools/python" for_python.py < openapi.json > "$document"
openapi-python-client generate --path "$document" --config python-client.yaml --meta none \
  --output-path "$into/python/primatomic/generated" --overwrite --fail-on-warning > /dev/null
rm -rf "$into/python/primatomic/generated/.ruff_cache"
