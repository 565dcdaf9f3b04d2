#!/usr/bin/env bash
# Builds the console into console/dist, from where it becomes a part of the program. Without Node there is
# nothing to do: the program says then how to get it. Running it again costs next to nothing.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; then
  echo "Node 20 or later is missing, so the program gets no web console" >&2
  exit 0
fi

wanted=$(sha256sum < package-lock.json)
if [ "$(cat node_modules/.wanted 2>/dev/null)" != "$wanted" ]; then
  echo "Installing the packages of the console" >&2
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel error >&2
  echo "$wanted" > node_modules/.wanted
fi

sources=$(find src public index.html vite.config.ts tsconfig.json package-lock.json \
  ../openapi/clients/typescript/src -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [ "$(cat dist/sources 2>/dev/null)" != "$sources" ]; then
  echo "Building the console" >&2
  npm run --silent build >&2
  echo "$sources" > dist/sources
fi
