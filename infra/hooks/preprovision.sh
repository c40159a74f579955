#!/bin/sh
# Finds the names of the keys in the routes file, so that the app gets a vault reference for each. Values are not read here.
set -eu
file=${GATEWAY_ROUTES_FILE:-}
names=
if [ -n "$file" ]; then
  if [ ! -f "$file" ]; then
    echo "GATEWAY_ROUTES_FILE is '$file', which is no file: name one, or run: azd env set GATEWAY_ROUTES_FILE ''" >&2
    exit 1
  fi
  names=$(grep -v '^[[:space:]]*#' "$file" | grep -oE '\$\{?[A-Za-z_][A-Za-z0-9_]*' | tr -d '${' | sort -u | paste -s -d , -)
  echo "Keys that $file names: ${names:-none}."
fi
azd env set GATEWAY_SECRET_NAMES "$names"
