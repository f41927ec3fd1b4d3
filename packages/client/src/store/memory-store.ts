/** The local store of simulations and tests: as durable as the `MemoryDisk` that it is opened on. */
import { fromHex, toHex } from '@starling/protocol'
import type { LocalStore, StoreChange, StoreRange } from './local-store.ts'
import { StoreError } from './store-error.ts'

/** Survives the stores that are opened on it, one at a time. */
export class MemoryDisk {
  /** By key, as hex. */
  readonly records = new Map<string, Uint8Array>()
  inUse: boolean = false
  /** Of all keys and values together. */
  capacityBytes = Number.POSITIVE_INFINITY
  /** After so many writes it breaks: every further one fails with `io` and changes nothing, as after a loss of power. */
  writesLeft = Number.POSITIVE_INFINITY
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
    // Hex digits sort as the bytes do.
    const [from, to] = [toHex(range.from), toHex(range.to)]
    const keys = [...this.#disk.records.keys()]
      .filter((key) => from <= key && key < to)
      .sort((a, b) => (a < b ? -1 : 1))
    if (range.reverse) keys.reverse()
    return keys.slice(0, range.limit).map((key) => ({ key: fromHex(key), value: this.#disk.records.get(key)!.slice() }))
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    this.#assertOpen()
    const { records, capacityBytes } = this.#disk
    if (this.#disk.writesLeft-- <= 0) throw new StoreError('io')
    // The last change of each key. Copied first: what cannot be copied fails before anything is written.
    const after = new Map<string, Uint8Array | undefined>()
    for (const change of changes) after.set(toHex(change.key), change.kind === 'put' ? change.value.slice() : undefined)
    if (capacityBytes < Number.POSITIVE_INFINITY) {
      const size = sizeOf(new Map<string, Uint8Array | undefined>([...records, ...after]))
      if (size > capacityBytes) throw new StoreError('full')
    }
    for (const [key, value] of after) {
      if (value === undefined) records.delete(key)
      else records.set(key, value)
    }
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

function sizeOf(records: ReadonlyMap<string, Uint8Array | undefined>): number {
  let size = 0
  for (const [key, value] of records) if (value !== undefined) size += key.length / 2 + value.length
  return size
}
