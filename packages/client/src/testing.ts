/** For tests and simulations: stores, vaults and files in memory, and archives to fill them. */
export { MemoryFileStorage } from './files/memory-file-storage.ts'
export { MemoryDisk, MemoryStore } from './store/memory-store.ts'
export { MemoryVault } from './store/memory-vault.ts'
export { FEW, type SampleArchiveOptions, sampleArchive, sampleChatName } from './testing/sample-archive.ts'
