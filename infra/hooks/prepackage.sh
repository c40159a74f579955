#!/bin/sh
# Lays the routes file where the app's build finds it; it is published as routes.yaml.
set -eu
cd "$(dirname "$0")/../.."
if [ -n "${GATEWAY_ROUTES_FILE:-}" ]; then
  mkdir -p artifacts
  cp "$GATEWAY_ROUTES_FILE" artifacts/routes.yaml
else
  rm -f artifacts/routes.yaml
fi
