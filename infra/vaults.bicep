// Providers' keys: the operator's vault, which the app only reads, and the gateway's own, where it keeps keys that callers send.
param operatorName string
param gatewayName string
param isPrivate bool
param location string
param tags object

var properties = {
  sku: { family: 'A', name: 'standard' }
  tenantId: subscription().tenantId
  enableRbacAuthorization: true
  enableSoftDelete: true
  enablePurgeProtection: true
  softDeleteRetentionInDays: 90
  publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  networkAcls: { bypass: 'None', defaultAction: isPrivate ? 'Deny' : 'Allow' }
}

resource operatorVault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: operatorName
  location: location
  tags: tags
  properties: properties
}

resource gatewayVault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: gatewayName
  location: location
  tags: tags
  properties: properties
}

output operatorId string = operatorVault.id
output operatorName string = operatorVault.name
output operatorUri string = operatorVault.properties.vaultUri
output gatewayId string = gatewayVault.id
output gatewayName string = gatewayVault.name
output gatewayUri string = gatewayVault.properties.vaultUri
