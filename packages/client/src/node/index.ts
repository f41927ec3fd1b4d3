/** What a client needs of Node.js. */

export type { CompatibleNetwork, Seed } from '../storage-servers/compatible-network.ts'
export { createNodeClient, type NodeClientOptions } from './create-node-client.ts'
export { createFileVault, type FileVaultOptions } from './file-vault.ts'
export { createNodeTransport } from './node-transport.ts'
export { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
export { createStorageServerTransport, type StorageServerTransportOptions } from './storage-server-transport.ts'
