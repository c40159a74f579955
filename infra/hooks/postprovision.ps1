# Puts the keys that the routes file names into the operator's vault, from your environment, and makes the first manager's key.
$ErrorActionPreference = 'Stop'
$vault = $env:AZURE_KEY_VAULT_NAME

if ($env:GATEWAY_NETWORK -eq 'private') {
  Write-Output "The vault $vault is private: from inside its network, put there gateway-bootstrap and: $(if ($env:GATEWAY_SECRET_NAMES) { $env:GATEWAY_SECRET_NAMES.Replace('_', '-') } else { 'nothing else' })."
  exit 0
}

# A role that was just given takes effect within ten minutes.
$most = if ($env:GATEWAY_VAULT_TRIES) { [int]$env:GATEWAY_VAULT_TRIES } else { 40 }
$wait = if ($env:GATEWAY_VAULT_WAIT) { [int]$env:GATEWAY_VAULT_WAIT } else { 15 }
for ($tries = 1; ; $tries++) {
  $found = @(az keyvault secret list --vault-name $vault --query '[].name' --output tsv 2>$null)
  if ($LASTEXITCODE -eq 0) { break }
  if ($tries -ge $most) {
    Write-Error "The vault $vault does not answer. Run 'az login', then: azd hooks run postprovision"
    exit 1
  }
  if ($tries -eq 1) { Write-Output "Waiting until your role at the vault $vault takes effect." }
  Start-Sleep -Seconds $wait
}

# By file, since a command line can be read by others on the machine.
function Put([string]$name, [string]$value) {
  $file = New-TemporaryFile
  try {
    [System.IO.File]::WriteAllText($file, $value)
    az keyvault secret set --vault-name $vault --name $name --file $file --encoding utf-8 --output none
    if ($LASTEXITCODE -ne 0) { exit 1 }
  }
  finally { Remove-Item $file }
}

foreach ($name in "$env:GATEWAY_SECRET_NAMES".Split(',', [StringSplitOptions]::RemoveEmptyEntries)) {
  $secret = $name.Replace('_', '-')
  $value = [Environment]::GetEnvironmentVariable($name)
  if ($value) {
    Put $secret $value
    Write-Output "${name}: put into the vault as $secret."
  }
  elseif ($found -contains $secret) {
    Write-Output "${name}: not set here; the vault's $secret stays."
  }
  else {
    Write-Warning "${name}: not set here and not in the vault, so calls that need it will fail. Set it and run: azd hooks run postprovision"
  }
}

if ($found -notcontains 'gateway-bootstrap') {
  $bytes = [byte[]]::new(32)
  [System.Security.Cryptography.RandomNumberGenerator]::Fill($bytes)
  Put 'gateway-bootstrap' ([System.Convert]::ToHexString($bytes).ToLowerInvariant())
  Write-Output "The first manager's key is in the vault as gateway-bootstrap."
}
