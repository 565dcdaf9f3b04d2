#!/usr/bin/env bash
# Writes deploy/.env, which compose.yaml takes its passwords from. Once only: the stores keep the
# passwords that they were started with.
#
#     deploy/generate-env.sh [FILE]
set -euo pipefail
umask 077
file=${1:-$(dirname "$0")/.env}

if [ -e "$file" ]; then
  echo "$file is there already; remove it, and the volumes with it, to begin anew" >&2
  exit 1
fi

# The letter in front keeps a NATS server from reading a password as a number.
secret() {
  printf 'p%s' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
}

cat > "$file" <<END
# Made by deploy/generate-env.sh. Keep it secret, and keep it: the stores were set up with it.
POSTGRES_PASSWORD=$(secret)
NATS_PASSWORD=$(secret)
NATS_ROUTE_PASSWORD=$(secret)
NATS_SYSTEM_PASSWORD=$(secret)
S3_ACCESS_KEY=$(secret)
S3_SECRET_KEY=$(secret)
END
echo "wrote $file" >&2
