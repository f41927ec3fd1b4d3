/** What a client needs of a browser. */
export { type BrowserVaultOptions, createBrowserVault } from './browser-vault.ts'
export { type BrowserClientOptions, createBrowserClient } from './create-browser-client.ts'
export { type IndexedDbStoreOptions, openIndexedDbStore } from './indexeddb-store.ts'
export { type SharedService, SharedTabs, type SharedTabsOptions, type TabRole } from './shared-tabs.ts'
export type { TabPort } from './tab-port.ts'
export { createWebTransport } from './web-transport.ts'
