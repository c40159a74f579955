# Lays the routes file where the app's build finds it; it is published as routes.yaml.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')
if ($env:GATEWAY_ROUTES_FILE) {
  New-Item -ItemType Directory -Force artifacts | Out-Null
  Copy-Item -Force $env:GATEWAY_ROUTES_FILE artifacts/routes.yaml
}
else {
  Remove-Item -Force -ErrorAction Ignore artifacts/routes.yaml
}
