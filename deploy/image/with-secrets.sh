#!/bin/sh
# Puts each file below /run/secrets whose name is that of a variable (WEBHOOK_SECRET, DATABASE_URL, ...) into the
# environment, without a line break at its end, and becomes the command. A variable that is set already stays.
set -eu
for file in /run/secrets/*; do
  name=$(basename "$file")
  case "$name" in
    *[!A-Z0-9_]* | [0-9]*) continue ;;
  esac
  if [ -f "$file" ] && [ -r "$file" ] && [ -z "$(printenv "$name" || true)" ]; then
    export "$name=$(cat "$file")"
  fi
done
exec "$@"
