#!/usr/bin/env bash
# Tests what is in deploy/ and the tables of docs/scale.md. Takes the built program; the servers come
# from test-servers/install.sh. What the tests themselves need goes into `.local/deploy`, a Python
# virtual environment; running it again costs next to nothing.
#
#     deploy/tests/run.sh PROGRAM [TEST ...]
set -euo pipefail
PRIMATOMIC_PROGRAM=$(realpath "${1:?the built program}")
export PRIMATOMIC_PROGRAM
shift
cd "$(dirname "$0")"
tools=../../.local/deploy
wanted=$(cat requirements-programs.txt requirements.txt | sha256sum)

if [ "$(cat "$tools/installed" 2>/dev/null)" != "$wanted" ]; then
  echo "Installing Helm's library, linters and what drives a browser into .local/deploy" >&2
  python3 -m venv --clear "$tools" || {
    echo "Python can't make virtual environments: apt-get install python3-venv" >&2
    exit 1
  }
  "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r requirements-programs.txt
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  echo "$wanted" > "$tools/installed"
fi

if ! command -v chromium >/dev/null; then
  echo "Installing Chromium with apt-get" >&2
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends chromium >&2
fi

if [ $# -gt 0 ]; then
  exec "$tools/bin/python" -B -m unittest "$@"
fi
exec "$tools/bin/python" -B -m unittest discover --pattern '*_test.py'
