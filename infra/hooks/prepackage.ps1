# Lays the routes file where the app's build finds it; it is published as routes.yaml.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')
$file = $env:GATEWAY_ROUTES_FILE
if (-not $file) {
  Remove-Item -Force -ErrorAction Ignore artifacts/routes.yaml
}
elseif (Test-Path -PathType Leaf $file) {
  New-Item -ItemType Directory -Force artifacts | Out-Null
  Copy-Item -Force $file artifacts/routes.yaml
}
else {
  Write-Error "GATEWAY_ROUTES_FILE is '$file', which is no file: name one, or run: azd env set GATEWAY_ROUTES_FILE ''"
  exit 1
}
