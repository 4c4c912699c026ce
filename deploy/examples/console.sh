#!/bin/sh
# console.sh - the console as its page uses it, by curl: signs in, reads the board, writes a note, signs out.
#
#   BUCKSTOP_CONSOLE=http://127.0.0.1:7480 BUCKSTOP_TOKEN=bs_... ./console.sh [CONTACT "a note"]
#
# A program that has a token needs no session: "Authorization: Bearer TOKEN" is taken everywhere here, and nothing else is
# wanted then. A session is for where the token shall not stay: it is a cookie, and what changes something names its `csrf`.
set -eu
: "${BUCKSTOP_CONSOLE:=http://127.0.0.1:7480}"
: "${BUCKSTOP_TOKEN:?needs a token: buckstop token issue --scope person --person NAME}"
umask 077
jar=$(mktemp)
trap 'rm -f "$jar"' EXIT

ask() { # METHOD PATH [more of curl]: with the session's cookie, what is answered
    method=$1 path=$2
    shift 2
    curl --silent --show-error --fail-with-body --max-time 5 -b "$jar" -c "$jar" -X "$method" "$BUCKSTOP_CONSOLE$path" "$@" || {
        rc=$?
        echo >&2
        exit "$rc"
    }
}
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# The token goes by standard input: words of a command can be seen by everybody on the machine.
session=$(printf '{"token": "%s"}' "$BUCKSTOP_TOKEN" | ask POST /session -H "Content-Type: application/json" -d @-) ||
    { echo "$session" >&2; exit 1; }
csrf=$(printf '%s' "$session" | member csrf)
echo "signed in: workspace $(printf '%s' "$session" | member workspace), scope $(printf '%s' "$session" | member scope)"
trap 'ask DELETE /session -H "Buckstop-CSRF: $csrf" >/dev/null; rm -f "$jar"' EXIT

ask GET /board | sed 's/.*"counts": *\({[^}]*}\).*/counts: \1/' # contacts by state; its other members: proto/console.yaml
if [ $# -ge 2 ]; then
    text=$(printf '%s' "$2" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n\t' '  ')
    ask POST "/v1/contacts/$1/actions" -H "Content-Type: application/json" -H "Buckstop-CSRF: $csrf" \
        -H "Idempotency-Key: console-$$-$(date +%s)" -d "{\"action\": \"note\", \"text\": \"$text\"}"
    echo
fi
