// The private network: the app joins it, and storage and vaults are reached through endpoints in it. The subscription needs the provider Microsoft.App.
param name string
param storageId string
param operatorVaultId string
param gatewayVaultId string
param location string
param tags object

var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
}
var zoneList = [zoneNames.blob, zoneNames.table, zoneNames.vault]
var doors = [
  { name: 'blob', target: storageId, group: 'blob', zone: zoneNames.blob }
  { name: 'table', target: storageId, group: 'table', zone: zoneNames.table }
  { name: 'operator-vault', target: operatorVaultId, group: 'vault', zone: zoneNames.vault }
  { name: 'gateway-vault', target: gatewayVaultId, group: 'vault', zone: zoneNames.vault }
]

resource vnet 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/24'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/25'
          delegations: [
            { name: 'app', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.0.0.128/26' }
      }
    ]
  }

  resource appSubnet 'subnets' existing = {
    name: 'app'
  }

  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [for zone in zoneList: {
  name: zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (zone, index) in zoneList: {
  parent: zones[index]
  name: name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: vnet.id }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2023-11-01' = [for door in doors: {
  name: 'pe-${door.name}-${name}'
  location: location
  tags: tags
  properties: {
    subnet: { id: vnet::endpointSubnet.id }
    privateLinkServiceConnections: [
      { name: door.name, properties: { privateLinkServiceId: door.target, groupIds: [door.group] } }
    ]
  }
}]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2023-11-01' = [for (door, index) in doors: {
  parent: endpoints[index]
  name: 'default'
  dependsOn: [zones]
  properties: {
    privateDnsZoneConfigs: [
      { name: door.name, properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', door.zone) } }
    ]
  }
}]

output appSubnetId string = vnet::appSubnet.id
