#!/usr/bin/env bash
# Watches alerts with nothing but curl and jq, over server-sent events, and resumes after a lost
# connection where it was: the id of each event is the cursor to go on from.
#   ./sse.sh http://127.0.0.1:8000 ada@example.org PASSWORD [CURSOR]
set -euo pipefail

server=$1 email=$2 password=$3 cursor=${4:-}
examples=$(cd "$(dirname "$0")/.." && pwd)

# Prints the JSON body for an example operation with its variables.
body() {
  jq --null-input --rawfile query "$examples/$1.graphql" --argjson variables "$2" \
    '{query: $query, variables: $variables}'
}

credentials=$(jq --null-input --arg email "$email" --arg password "$password" \
  '{input: {email: $email, password: $password, label: "curl"}}')
token=$(body people-sign-in "$credentials" |
  curl --silent --show-error --header 'content-type: application/json' --data @- \
    "$server/graphql" |
  jq --raw-output '.data.signIn | .token // error(.message)')

# Says each item on a line; returns 0 when the stream is over and 1 when the connection was lost.
watch_once() {
  local line event=''
  while IFS= read -r line || [[ -n $line ]]; do
    case $line in
      event:*) event=${line#event: } ;;
      id:*) cursor=${line#id: } ;;
      *'"code":"UNAVAILABLE"'*) return 1 ;;
      '{'*) printf '%s\n' "$line" && return 0 ;; # refused: coming back would not help
      data:\ *) jq --compact-output '.data.alerts // .errors' <<<"${line#data: }" ;;
    esac
    [[ $event != complete ]] || return 0
  done < <(body alerts-watch '{}' |
    curl --silent --no-buffer --header 'content-type: application/json' --data @- \
      --header 'accept: text/event-stream' --header "authorization: Bearer $token" \
      ${cursor:+--header "last-event-id: $cursor"} "$server/graphql")
  return 1
}

until watch_once; do sleep 1; done
