#!/usr/bin/env bash
# Installs what generates and tests the clients into `.local`: a Python virtual environment, Node.js in
# it, and the packages of the TypeScript client. Takes Python 3.11. Running it again costs next to
# nothing.
set -euo pipefail
cd "$(dirname "$0")"
tools=../.local/openapi
modules=../.local/typescript-client

wanted=$(cat requirements.txt | sha256sum)
if [ "$(cat "$tools/installed" 2>/dev/null)" != "$wanted" ]; then
  echo "Installing the generators of the clients into .local/openapi" >&2
  python3 -m venv --clear "$tools" || {
    echo "Python can't make virtual environments: apt-get install python3-venv" >&2
    exit 1
  }
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  echo "$wanted" > "$tools/installed"
fi

wanted=$(cat clients/typescript/package-lock.json | sha256sum)
if [ "$(cat "$modules/installed" 2>/dev/null)" != "$wanted" ]; then
  echo "Installing the packages of the TypeScript client into .local/typescript-client" >&2
  mkdir -p "$modules"
  cp clients/typescript/package.json clients/typescript/package-lock.json "$modules"
  (PATH="$(realpath "$tools")/bin:$PATH"; cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error > /dev/null)
  echo "$wanted" > "$modules/installed"
fi
# Node and TypeScript look for packages beside the sources. Who works on the client alone may have
# installed them there.
if [ -L clients/typescript/node_modules ] || [ ! -e clients/typescript/node_modules ]; then
  ln -sfn ../../../.local/typescript-client/node_modules clients/typescript/node_modules
fi
