# Says where the gateway is, and a first request.
$ErrorActionPreference = 'Stop'
Write-Output "The gateway: $env:SERVICE_API_ENDPOINT (try it in the browser: $env:SERVICE_API_ENDPOINT/docs)"
if ($env:GATEWAY_NETWORK -eq 'private') {
  Write-Output "Its first manager's key:  `$KEY = the secret gateway-bootstrap of the vault $env:AZURE_KEY_VAULT_NAME, which is private: put it there, and read it, from inside its network."
}
else {
  Write-Output "Its first manager's key:  `$KEY = az keyvault secret show --vault-name $env:AZURE_KEY_VAULT_NAME --name gateway-bootstrap --query value --output tsv"
}
Write-Output "A first request:          curl.exe -s $env:SERVICE_API_ENDPOINT/api/2.0/gateway/routes/ -H `"Authorization: Bearer `$KEY`""
