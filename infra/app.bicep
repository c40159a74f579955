// The function app on Flex Consumption. It has no connection string, no key and no publish profile: it reaches everything as its identity.
param name string
param planName string
param location string
param tags object
param identityId string
param clientId string
param blobEndpoint string
param tableEndpoint string
param deploymentContainer string
param insightsConnection string
param operatorVaultUri string
param gatewayVaultUri string
param managers string
param entraAudiences string
param hasRoutesFile bool
param secretNames array
param settings object
param subnetId string
param instanceMemoryMB int
param perInstanceConcurrency int
param maximumInstanceCount int
param alwaysReadyInstances int

var platformSettings = [
  { name: 'AZURE_CLIENT_ID', value: clientId }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: clientId }
  { name: 'AzureWebJobsStorage__blobServiceUri', value: blobEndpoint }
  { name: 'AzureWebJobsStorage__tableServiceUri', value: tableEndpoint }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insightsConnection }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${clientId};Authorization=AAD' }
]

var gatewaySettings = [
  { name: 'GatewayStorage__tableServiceUri', value: tableEndpoint }
  { name: 'GatewayStorage__credential', value: 'managedidentity' }
  { name: 'GatewayStorage__clientId', value: clientId }
  { name: 'Gateway__KeyVault__Uri', value: operatorVaultUri }
  { name: 'Gateway__KeyVault__WriteUri', value: gatewayVaultUri }
  { name: 'Gateway__Access__Managers', value: managers }
  { name: 'Gateway__Access__BootstrapKey', value: 'keyvault:gateway-bootstrap' }
]

var entraSettings = empty(entraAudiences) ? [] : [
  { name: 'Gateway__Access__Entra__TenantId', value: subscription().tenantId }
  { name: 'Gateway__Access__Entra__Audiences', value: entraAudiences }
]

// The prepackage hook puts the file there.
var routesSettings = hasRoutesFile ? [{ name: 'Gateway__ConfigPath', value: '/home/site/wwwroot/routes.yaml' }] : []

// The platform reads these from the vault as the app's identity.
var secretSettings = [for secretName in secretNames: {
  name: secretName
  value: '@Microsoft.KeyVault(SecretUri=${operatorVaultUri}secrets/${replace(secretName, '_', '-')})'
}]

// settings.json names every other setting of the gateway; null leaves it to its default.
var chosenSettings = map(filter(items(settings), setting => setting.value != null), setting => { name: setting.key, value: string(setting.value) })

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: concat(platformSettings, gatewaySettings, entraSettings, routesSettings, secretSettings, chosenSettings)
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${deploymentContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances > 0 ? [{ name: 'http', instanceCount: alwaysReadyInstances }] : []
        triggers: { http: { perInstanceConcurrency: perInstanceConcurrency } }
      }
      runtime: { name: 'dotnet-isolated', version: '10.0' }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output name string = app.name
output endpoint string = 'https://${app.properties.defaultHostName}'
