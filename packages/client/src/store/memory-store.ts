/** The local store of simulations and tests: as durable as the `MemoryDisk` that it is opened on. */
import { compareBytes, fromHex, toHex } from '@starling/protocol'
import type { LocalStore, StoreChange, StoreRange } from './local-store.ts'
import { StoreError } from './store-error.ts'

/** Survives the stores that are opened on it, one at a time. */
export class MemoryDisk {
  /** By key, as hex. */
  readonly records = new Map<string, Uint8Array>()
  inUse: boolean = false
  /** Of all keys and values together. */
  capacityBytes = Number.POSITIVE_INFINITY
}

export class MemoryStore implements LocalStore {
  readonly #disk: MemoryDisk
  #closed: boolean = false

  /** @throws {StoreError} `in_use` */
  constructor(disk: MemoryDisk = new MemoryDisk()) {
    if (disk.inUse) throw new StoreError('in_use')
    disk.inUse = true
    this.#disk = disk
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    return this.#disk.records.get(toHex(key))?.slice()
  }

  async list(range: StoreRange): Promise<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]> {
    this.#assertOpen()
    const found = [...this.#disk.records]
      .map(([key, value]) => ({ key: fromHex(key), value: value.slice() }))
      .filter(({ key }) => compareBytes(range.from, key) <= 0 && compareBytes(key, range.to) < 0)
      .sort((a, b) => (range.reverse ? compareBytes(b.key, a.key) : compareBytes(a.key, b.key)))
    return found.slice(0, range.limit)
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    this.#assertOpen()
    const after = new Map(this.#disk.records)
    for (const change of changes) {
      if (change.kind === 'put') after.set(toHex(change.key), change.value.slice())
      else after.delete(toHex(change.key))
    }
    let size = 0
    for (const [key, value] of after) size += key.length / 2 + value.length
    if (size > this.#disk.capacityBytes) throw new StoreError('full')
    this.#disk.records.clear()
    for (const [key, value] of after) this.#disk.records.set(key, value)
  }

  async erase(): Promise<void> {
    this.#assertOpen()
    this.#disk.records.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) this.#disk.inUse = false
    this.#closed = true
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('closed')
  }
}
