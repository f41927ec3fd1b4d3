/** The local store of simulations and tests: as durable as the `MemoryDisk` that it is opened on. */
import { fromHex, toHex } from '@starling/protocol'
import type { LocalStore, StoreChange, StoreRange, WriteOptions } from './local-store.ts'
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
  /** What stood where writes changed something that are not on the disk for sure; the latest last. */
  readonly #unsure: Map<string, Uint8Array | undefined>[] = []

  /** Writes what is given, by key; `undefined`: deletes. */
  apply(after: ReadonlyMap<string, Uint8Array | undefined>, { durability = 'strict' }: WriteOptions): void {
    if (durability === 'strict') this.#unsure.length = 0
    else this.#unsure.push(new Map(Array.from(after.keys(), (key) => [key, this.records.get(key)])))
    this.#put(after)
  }

  /** Power fails: of the relaxed writes since the last strict one the first `kept` remain, and no other. */
  losePower({ kept = 0 }: { readonly kept?: number } = {}): void {
    for (const before of this.#unsure.splice(kept).reverse()) this.#put(before)
    this.#unsure.length = 0
  }

  #put(values: ReadonlyMap<string, Uint8Array | undefined>): void {
    for (const [key, value] of values) {
      if (value === undefined) this.records.delete(key)
      else this.records.set(key, value)
    }
  }
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

  async write(changes: readonly StoreChange[], options: WriteOptions = {}): Promise<void> {
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
    this.#disk.apply(after, options)
  }

  async erase(): Promise<void> {
    this.#assertOpen()
    this.#disk.records.clear()
    this.#disk.losePower({ kept: Number.POSITIVE_INFINITY })
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
