#!/bin/sh
# Lays the routes file where the app's build finds it; it is published as routes.yaml.
set -eu
cd "$(dirname "$0")/../.."
file=${GATEWAY_ROUTES_FILE:-}
if [ -z "$file" ]; then
  rm -f artifacts/routes.yaml
elif [ -f "$file" ]; then
  mkdir -p artifacts
  cp "$file" artifacts/routes.yaml
else
  echo "GATEWAY_ROUTES_FILE is '$file', which is no file: name one, or run: azd env set GATEWAY_ROUTES_FILE ''" >&2
  exit 1
fi
