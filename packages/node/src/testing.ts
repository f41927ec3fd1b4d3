/** For simulations and tests: a storage whose disk can crash, and what every storage must do. */
export { MemoryDisk } from './storage/memory-disk.ts'
export { openMemoryStore } from './storage/memory-store.ts'
export { describeNodeStore, type StoreUnderTest } from './storage/node-store.suite.ts'
