#!/bin/sh
# Puts the keys that the routes file names into the operator's vault, from your environment, and makes the first manager's key.
set -eu
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "${GATEWAY_NETWORK:-public}" = private ]; then
  echo "The vault $AZURE_KEY_VAULT_NAME is private: from inside its network, put there gateway-bootstrap and: $(echo "${GATEWAY_SECRET_NAMES:-nothing else}" | tr _ -)."
  exit 0
fi

# A role that was just given takes effect within ten minutes.
tries=0
until found=$(az keyvault secret list --vault-name "$AZURE_KEY_VAULT_NAME" --query '[].name' --output tsv 2>"$work/why"); do
  tries=$((tries + 1))
  if [ "$tries" -ge "${GATEWAY_VAULT_TRIES:-40}" ]; then
    echo "The vault $AZURE_KEY_VAULT_NAME does not answer: $(head -n 1 "$work/why") Run 'az login', then: azd hooks run postprovision" >&2
    exit 1
  fi
  [ "$tries" -eq 1 ] && echo "Waiting until your role at the vault $AZURE_KEY_VAULT_NAME takes effect."
  sleep "${GATEWAY_VAULT_WAIT:-15}"
done

# By file, since a command line can be read by others on the machine.
put() {
  az keyvault secret set --vault-name "$AZURE_KEY_VAULT_NAME" --name "$1" --file "$work/value" --encoding utf-8 --output none
  rm "$work/value"
}

for name in $(echo "${GATEWAY_SECRET_NAMES:-}" | tr , ' '); do
  secret=$(echo "$name" | tr _ -)
  printf %s "$(printenv "$name" || true)" > "$work/value"
  if [ -s "$work/value" ]; then
    put "$secret"
    echo "$name: put into the vault as $secret."
  elif echo "$found" | grep -qixF "$secret"; then
    echo "$name: not set here; the vault's $secret stays."
  else
    echo "$name: not set here and not in the vault, so calls that need it will fail. Set it and run: azd hooks run postprovision" >&2
  fi
done

if ! echo "$found" | grep -qxF gateway-bootstrap; then
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$work/value"
  put gateway-bootstrap
  echo "The first manager's key is in the vault as gateway-bootstrap."
fi
