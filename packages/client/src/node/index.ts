/** What a client needs of Node.js. */
export { createNodeClient, type NodeClientOptions } from './create-node-client.ts'
export { createFileVault, type FileVaultOptions } from './file-vault.ts'
export { createNodeTransport } from './node-transport.ts'
export { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
