/** For tests and simulations: stores and vaults in memory. */
export { MemoryDisk, MemoryStore } from './store/memory-store.ts'
export { MemoryVault } from './store/memory-vault.ts'
