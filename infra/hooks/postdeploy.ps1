# Says where the gateway is, and a first request.
$ErrorActionPreference = 'Stop'
Write-Output @"
The gateway: $env:SERVICE_API_ENDPOINT (try it in the browser: $env:SERVICE_API_ENDPOINT/docs)
Its first manager's key:  `$KEY = az keyvault secret show --vault-name $env:AZURE_KEY_VAULT_NAME --name gateway-bootstrap --query value --output tsv
A first request:          curl.exe -s $env:SERVICE_API_ENDPOINT/api/2.0/gateway/routes/ -H "Authorization: Bearer `$KEY"
"@
