#!/bin/sh
# Says where the gateway is, and a first request.
set -eu
echo "The gateway: $SERVICE_API_ENDPOINT (try it in the browser: $SERVICE_API_ENDPOINT/docs)"
if [ "${GATEWAY_NETWORK:-public}" = private ]; then
  echo "Its first manager's key:  KEY=the secret gateway-bootstrap of the vault $AZURE_KEY_VAULT_NAME, which is private: put it there, and read it, from inside its network."
else
  echo "Its first manager's key:  KEY=\$(az keyvault secret show --vault-name $AZURE_KEY_VAULT_NAME --name gateway-bootstrap --query value --output tsv)"
fi
echo "A first request:          curl -s $SERVICE_API_ENDPOINT/api/2.0/gateway/routes/ -H \"Authorization: Bearer \$KEY\""
