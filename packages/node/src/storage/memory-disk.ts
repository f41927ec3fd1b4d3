/**
 * The disk of a simulated node: it outlives the node object, and crashes, fills up and breaks as it is told. Writes take
 * `writeDelay`; those that come meanwhile form the next group, as in the real storage.
 */
import type { MessageHash, Millis, Owner, RecordId, UnixMillis } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import type { ChangeRecord } from './change-record.ts'
import type { NewHint, StoredMessage } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'

export type MemoryHint = NewHint & { readonly id: number; readonly due: number; readonly attempts: number }

/** What is on the disk. Maps keep the order of arrival. */
export type MemoryTables = {
  readonly messages: Map<Owner, Map<MessageHash, StoredMessage>>
  readonly records: Map<Owner, Map<RecordId, ChangeRecord>>
  /** By owner and hash: the latest expiry that a store gave, where a change of expiry made it another. */
  readonly given: Map<string, UnixMillis>
  /** Of each `expire`: the expiries that make a difference beside those of other records. */
  readonly steps: Map<RecordId, Map<MessageHash, UnixMillis>>
  readonly hints: Map<number, MemoryHint>
  readonly hintKeys: Set<string>
  readonly values: Map<string, Uint8Array>
  nextHintId: number
}

/** A write in two steps, so that it happens wholly or not at all: `apply` throws before it changes anything. */
type Pending = {
  readonly apply: (disk: MemoryDisk) => unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** The use of a disk by one store object, from opening to disposal or crash. */
export type DiskSession = {
  closing: boolean
  writing: Promise<void> | undefined
  readonly pending: Pending[]
  readonly ended: AbortController
}

export class MemoryDisk {
  readonly #clock: Clock
  readonly #writeDelay: Millis
  #tables = emptyTables()
  #fault: 'full' | 'io' | undefined
  #session: DiskSession | undefined

  /** @param writeDelay from a write to its durability; a write that finds another under way waits for it first. */
  constructor({ clock, writeDelay }: { readonly clock: Clock; readonly writeDelay: Millis }) {
    this.#clock = clock
    this.#writeDelay = writeDelay
  }

  /** The content as of the last durable write. */
  get tables(): MemoryTables {
    return this.#tables
  }

  /**
   * Cuts the power: the open store is closed, and writes that were not acknowledged are lost; they reject with `closed`.
   *
   * @param torn how many of them reached the disk all the same, from the first on, as a real crash can leave it.
   */
  crash({ torn = 0 }: { readonly torn?: number } = {}): void {
    const session = this.#session
    if (!session) return
    this.#session = undefined
    for (const { apply } of session.pending.slice(0, torn)) this.#try(apply)
    end(session)
  }

  /** `full`: nothing more fits, deletions succeed. `io`: no write succeeds. Reads go on. `undefined`: well again. */
  failWrites(fault: 'full' | 'io' | undefined): void {
    this.#fault = fault
  }

  /** The machine comes back with an empty disk. Crashes first. */
  wipe(): void {
    this.crash()
    this.#tables = emptyTables()
  }

  /** @throws {NodeStoreError} `full`, when the disk is to have no room. */
  assertRoom(): void {
    if (this.#fault === 'full') throw new NodeStoreError('full')
  }

  /** For the store. @throws {NodeStoreError} `io`, while another store has the disk. */
  attach(): DiskSession {
    if (this.#session) throw new NodeStoreError('io', { cause: new Error('in use') })
    this.#session = { closing: false, writing: undefined, pending: [], ended: new AbortController() }
    return this.#session
  }

  /** For the store: finishes what is pending and gives the disk free. */
  async detach(session: DiskSession): Promise<void> {
    session.closing = true
    await session.writing
    if (this.#session === session) this.#session = undefined
    end(session)
  }

  /** For the store: resolves with what `apply` returned when that is durable. */
  write<T>(session: DiskSession, apply: (disk: MemoryDisk) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      session.pending.push({ apply, resolve, reject })
      session.writing ??= this.#writeGroups(session)
    })
  }

  async #writeGroups(session: DiskSession): Promise<void> {
    const { signal } = session.ended
    while (session.pending.length > 0) {
      await Promise.resolve() // calls of the same turn belong to the group
      const size = session.pending.length
      if (this.#writeDelay > 0) await this.#clock.sleep(this.#writeDelay, { signal }).catch(() => undefined)
      if (signal.aborted) return // the crash has settled them
      for (const { apply, resolve, reject } of session.pending.splice(0, size)) {
        const outcome = this.#try(apply)
        if ('result' in outcome) resolve(outcome.result as never)
        else reject(outcome.error)
      }
    }
    session.writing = undefined
  }

  #try(apply: Pending['apply']): { readonly result: unknown } | { readonly error: unknown } {
    try {
      if (this.#fault === 'io') throw new NodeStoreError('io')
      return { result: apply(this) }
    } catch (error) {
      return { error }
    }
  }
}

function end(session: DiskSession): void {
  session.closing = true
  const lost = session.pending.splice(0)
  session.ended.abort(new NodeStoreError('closed'))
  for (const { reject } of lost) reject(new NodeStoreError('closed'))
}

function emptyTables(): MemoryTables {
  return {
    messages: new Map(),
    records: new Map(),
    given: new Map(),
    steps: new Map(),
    hints: new Map(),
    hintKeys: new Set(),
    values: new Map(),
    nextHintId: 1,
  }
}
