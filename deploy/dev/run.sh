#!/usr/bin/env bash
# Runs the server for development with a stand-in for Stripe beside it, so that one can subscribe, use,
# pay and cancel. With a key of the real Stripe in PRIMATOMIC_STRIPE_SECRET_KEY there is no stand-in.
#
#     deploy/dev/run.sh DIRECTORY-OF-PROGRAMS [FLAGS-OF-primatomic-dev ...]
set -euo pipefail
programs=$(realpath "${1:?the directory with the built programs}")
shift
export PRIMATOMIC_PRICES="${PRIMATOMIC_PRICES:-$(realpath "$(dirname "$0")")/prices.toml}"
if [ -n "${PRIMATOMIC_STRIPE_SECRET_KEY:-}" ]; then
  exec "$programs/primatomic" dev "$@"
fi

data=${PRIMATOMIC_DATA:-data}
stripe=$data/stripe
umask 077
mkdir -p "$stripe"
rm -f "$stripe/url"
"$programs/stripe-fake" --port "${STRIPE_FAKE_PORT:-12111}" --secret-key-file "$stripe/secret-key" \
  --journal "$stripe/journal" --clock-file "$stripe/clock" --url-file "$stripe/url" \
  2> "$stripe/log" &
fake=$!
trap 'kill "$fake" 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  [ -s "$stripe/url" ] && break
  kill -0 "$fake" 2>/dev/null || { cat "$stripe/log" >&2; exit 1; }
  sleep 0.1
done

PRIMATOMIC_STRIPE_URL=$(cat "$stripe/url")
PRIMATOMIC_STRIPE_SECRET_KEY=$(cat "$stripe/secret-key")
export PRIMATOMIC_STRIPE_URL PRIMATOMIC_STRIPE_SECRET_KEY
export PRIMATOMIC_DEV_CLOCK=$stripe/clock
# Each endpoint of webhooks has a secret, which is said once.
"$programs/primatomic" billing setup --yes \
  --public-url "${PRIMATOMIC_PUBLIC_URL:-http://${PRIMATOMIC_LISTEN:-127.0.0.1:8080}}" \
  2> "$stripe/setup" | sed -n 's/^PRIMATOMIC_STRIPE_WEBHOOK_SECRETS=//p' >> "$stripe/webhook-secrets" ||
  { cat "$stripe/setup" >&2; exit 1; }
PRIMATOMIC_STRIPE_WEBHOOK_SECRETS=$(paste -sd, "$stripe/webhook-secrets")
export PRIMATOMIC_STRIPE_WEBHOOK_SECRETS
"$programs/primatomic" dev "$@"
