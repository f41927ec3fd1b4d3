/** For simulations and tests: a storage whose disk can crash, what every storage must do, and nodes without sockets. */
export { createServerExit, type ServerExit } from './relay/server-exit.ts'
export { MemoryDisk } from './storage/memory-disk.ts'
export { openMemoryStore } from './storage/memory-store.ts'
export { describeNodeStore } from './storage/node-store.suite.ts'
export type { StoreUnderTest } from './storage/store-fixture.suite.ts'
export { type BuiltApp, buildTestApp } from './testing/built-app.ts'
export { type Fate, Fixture, FixtureAccount, type FixtureNode } from './testing/fixture.ts'
export { identityFor } from './testing/tls-identity.ts'
