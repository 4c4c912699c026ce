#!/bin/sh
# contact.sh - a contact by HTTP: opened, sent twice with the same key (which is done once), and shown.
#
#   BUCKSTOP_SERVER=http://127.0.0.1:7400 BUCKSTOP_TOKEN=bs_... ./contact.sh ["what is said"]
#
# The token has the scope operator; a channel's own token may open contacts, and not read them.
set -eu
: "${BUCKSTOP_SERVER:=http://127.0.0.1:7400}"
: "${BUCKSTOP_TOKEN:?needs a token: buckstop token issue --scope operator --workspace NAME}"
said=${1:-Where is my card?}
key=example-$$-$(date +%s)

# Quotes, backslashes and line ends would end the JSON text.
escaped=$(printf '%s' "$said" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n\t' '  ')
submit() {
    curl --silent --show-error --fail-with-body --max-time 5 --retry 5 --retry-connrefused \
        -X POST "$BUCKSTOP_SERVER/v1/contacts" -H "Authorization: Bearer $BUCKSTOP_TOKEN" \
        -H "Content-Type: application/json" -H "Idempotency-Key: $key" \
        -d "{\"channel\": \"${BUCKSTOP_CHANNEL:-mail}\", \"text\": \"$escaped\", \"customer\": \"kim@example.org\"}"
}

first=$(submit) || { echo "$first" >&2; exit 1; }
again=$(submit) || { echo "$again" >&2; exit 1; }
[ "$first" = "$again" ] || { echo "the same request got another answer: $again" >&2; exit 1; }
contact=$(printf '%s' "$first" | sed 's/.*"contact":"\([^"]*\)".*/\1/')
echo "opened $contact"
curl --silent --show-error --fail-with-body --max-time 5 "$BUCKSTOP_SERVER/v1/contacts/$contact" \
    -H "Authorization: Bearer $BUCKSTOP_TOKEN"
echo
