#!/bin/sh
# Says where the gateway is, and a first request.
set -eu
cat <<END
The gateway: $SERVICE_API_ENDPOINT (try it in the browser: $SERVICE_API_ENDPOINT/docs)
Its first manager's key:  KEY=\$(az keyvault secret show --vault-name $AZURE_KEY_VAULT_NAME --name gateway-bootstrap --query value --output tsv)
A first request:          curl -s $SERVICE_API_ENDPOINT/api/2.0/gateway/routes/ -H "Authorization: Bearer \$KEY"
END
