// The whole deployment: `azd up` asks for what has no default, and `azd env set` changes the rest (main.parameters.json names the variables).
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('The name of the azd environment; the names and tags of everything are made from it.')
param environmentName string

@minLength(1)
@description('The region.')
param location string

@description('The object id of whoever deploys: may manage the gateway and write keys into the operator\'s vault.')
param principalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
@description('What principalId is.')
param principalType string = 'User'

@description('Object ids of further managers, comma-separated.')
param managers string = ''

@description('The audiences of the Entra ID tokens that are taken, comma-separated, e.g. api://gateway; none: gateway keys alone open the door.')
param entraAudiences string = ''

@allowed([512, 2048, 4096])
@description('The memory of an instance in MB; processor and network grow with it.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('Calls that an instance takes at once. A streamed call holds its place for a minute while using no processor: few places mean many instances, and each costs money and a share of the limits.')
param perInstanceConcurrency int = 100

@minValue(1)
@maxValue(1000)
@description('The most instances.')
param maximumInstanceCount int = 40

@minValue(0)
@maxValue(100)
@description('Instances that are kept ready and paid for while idle; 0 starts the first within seconds.')
param alwaysReadyInstances int = 0

@allowed(['public', 'private'])
@description('private: storage and vaults are reached through private endpoints alone, and the app joins the virtual network.')
param network string = 'public'

@description('Whether the gateway may keep keys that callers send, in a vault of its own.')
param gatewayWritesSecrets bool = true

@description('The MLflow configuration file that is published with the app, on your disk; none when empty.')
param routesFile string = ''

@description('The names of the keys in that file, comma-separated; the preprovision hook finds them.')
param secretNames string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var isPrivate = network == 'private'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: 'id-${token}', location: location, tags: tags }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: { workspaceName: 'log-${token}', insightsName: 'appi-${token}', location: location, tags: tags }
}

module storage 'storage.bicep' = {
  name: 'storage'
  scope: group
  params: { name: 'st${token}', isPrivate: isPrivate, location: location, tags: tags }
}

module vaults 'vaults.bicep' = {
  name: 'vaults'
  scope: group
  params: { operatorName: 'kv-${token}', gatewayName: 'kvgw-${token}', isPrivate: isPrivate, location: location, tags: tags }
}

module privateNetwork 'network.bicep' = if (isPrivate) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-${token}'
    storageId: storage.outputs.id
    operatorVaultId: vaults.outputs.operatorId
    gatewayVaultId: vaults.outputs.gatewayId
    location: location
    tags: tags
  }
}

module roles 'roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    appPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
    storageName: storage.outputs.name
    operatorVaultName: vaults.outputs.operatorName
    gatewayVaultName: vaults.outputs.gatewayName
    insightsName: monitoring.outputs.insightsName
    gatewayWritesSecrets: gatewayWritesSecrets
  }
}

module app 'app.bicep' = {
  name: 'app'
  scope: group
  // The platform reads the deployment container as the app's identity.
  dependsOn: [roles]
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    blobEndpoint: storage.outputs.blobEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    deploymentContainer: storage.outputs.deploymentContainer
    insightsConnection: monitoring.outputs.insightsConnection
    operatorVaultUri: vaults.outputs.operatorUri
    gatewayVaultUri: gatewayWritesSecrets ? vaults.outputs.gatewayUri : ''
    managers: join(filter(concat([principalId], split(managers, ',')), id => !empty(trim(id))), ',')
    entraAudiences: entraAudiences
    hasRoutesFile: !empty(routesFile)
    secretNames: filter(split(secretNames, ','), name => !empty(name))
    settings: loadJsonContent('settings.json')
    subnetId: isPrivate ? privateNetwork.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    perInstanceConcurrency: perInstanceConcurrency
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = subscription().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = app.outputs.name
output AZURE_KEY_VAULT_NAME string = vaults.outputs.operatorName
output SERVICE_API_NAME string = app.outputs.name
output SERVICE_API_ENDPOINT string = app.outputs.endpoint
output GATEWAY_NETWORK string = network
