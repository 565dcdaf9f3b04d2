#!/usr/bin/env bash
# Tests the console in a real browser, against a server as `make dev` runs it. Takes the directory of the
# built programs; what is behind it goes to Playwright.
#
#     console/tests/run.sh DIRECTORY-OF-PROGRAMS [ARGUMENTS-OF-playwright-test ...]
set -euo pipefail
programs=$(realpath "${1:?the directory with the built programs}")
shift
cd "$(dirname "$0")/.."
./build.sh
npx vitest run --silent

if ! command -v chromium >/dev/null; then
  echo "Installing Chromium with apt-get" >&2
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends chromium >&2
fi

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
PRIMATOMIC_DATA=$(mktemp -d)
export PRIMATOMIC_DATA
STRIPE_FAKE_PORT=$(free_port)
export STRIPE_FAKE_PORT
PRIMATOMIC_LISTEN=127.0.0.1:$(free_port)
export PRIMATOMIC_LISTEN
export PRIMATOMIC_URL=http://$PRIMATOMIC_LISTEN
output=$PRIMATOMIC_DATA/output
# A group of its own, so that all of it can be stopped.
set -m
../deploy/dev/run.sh "$programs" > "$output" 2> "$PRIMATOMIC_DATA/log" &
server=$!
set +m
stop() {
  status=$?
  kill -INT -- "-$server" || true
  wait "$server" || true
  if [ "$status" = 0 ]; then rm -rf "$PRIMATOMIC_DATA"; else echo "The server's log is in $PRIMATOMIC_DATA" >&2; fi
}
trap stop EXIT
for _ in $(seq 600); do
  grep -q 'Stop with Ctrl-C' "$output" && break
  kill -0 "$server" || { cat "$PRIMATOMIC_DATA/log" >&2; exit 1; }
  sleep 0.1
done
PRIMATOMIC_LOGIN_LINK=$(sed -n 's/^ *console *//p' "$output")
export PRIMATOMIC_LOGIN_LINK
npx playwright test "$@"
