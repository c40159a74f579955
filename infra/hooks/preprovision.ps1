# Finds the names of the keys in the routes file, so that the app gets a vault reference for each. Values are not read here.
$ErrorActionPreference = 'Stop'
$file = $env:GATEWAY_ROUTES_FILE
$names = ''
if ($file) {
  if (-not (Test-Path -PathType Leaf $file)) {
    Write-Error "GATEWAY_ROUTES_FILE is '$file', which is no file: name one, or run: azd env set GATEWAY_ROUTES_FILE ''"
    exit 1
  }
  $names = (Get-Content $file | Where-Object { $_ -notmatch '^\s*#' } | Select-String -AllMatches '\$\{?([A-Za-z_][A-Za-z0-9_]*)' |
    ForEach-Object { $_.Matches } | ForEach-Object { $_.Groups[1].Value } | Sort-Object -Unique) -join ','
  Write-Output "Keys that $file names: $(if ($names) { $names } else { 'none' })."
}
azd env set GATEWAY_SECRET_NAMES "$names"
if ($LASTEXITCODE -ne 0) { exit 1 }
