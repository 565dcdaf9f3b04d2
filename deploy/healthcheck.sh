#!/usr/bin/env bash
# Asks a process in this container for its health and fails unless the answer is 200.
#
#     healthcheck PORT PATH    that page
#     healthcheck              whether the process answers, whatever its role
#
# It speaks HTTP by itself, so that the image needs no client.
set -euo pipefail

ask() (
  exec {connection}<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&"$connection"
  read -r -t 4 _ status _ <&"$connection"
  [ "$status" = 200 ]
) 2>/dev/null

if [ $# -eq 2 ]; then
  ask "$1" "$2"
else
  # Roles without the HTTP API answer on the internal address alone.
  ask 8080 /health/live || ask 9090 /health/live
fi
