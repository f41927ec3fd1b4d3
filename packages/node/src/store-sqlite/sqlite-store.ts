/** The storage of a node in one SQLite file. */
import { Worker } from 'node:worker_threads'
import type { Owner } from '@starling/protocol'
import type { Logger } from '@starling/runtime'
import { type Change, type ChangeRecord, isRevocation } from '../storage/change-record.ts'
import type { NodeStore, PutOrigin, StoredMessage, StoreTuning } from '../storage/node-store.ts'
import { NodeStoreError } from '../storage/node-store-error.ts'
import { FaultLog } from './fault-log.ts'
import { openReader, type Reader } from './reader.ts'
import { failureOf } from './sqlite-failure.ts'
import type { WriterOptions } from './write-operation.ts'
import { Writer, type WriterPorts } from './writer.ts'

/** Beside this file: as source, or bundled. */
const WORKER = import.meta.url.endsWith('.ts') ? './writer-worker.ts' : './writer-worker.js'

export type SqliteStoreOptions = {
  /** The database file. It and its folder are made when missing, readable by the process's user alone; `-wal` and `-shm` lie beside it. */
  readonly path: string
  readonly logger: Logger
  readonly tuning: StoreTuning
  /** Hears of each transaction. */
  readonly observer?: WriterPorts['observer']
  /**
   * Of the disk, left free: messages are refused with `full` while there is less. 96 MiB unless given, because the log can
   * take as much after a burst; 0: no such limit.
   */
  readonly reserveBytes?: number
}

const RESERVE = 96 * 1024 * 1024

/**
 * Opens the storage; one process at a time. One thread writes: calls that come in while a transaction runs, or within
 * `groupDelay` after another, share the next transaction and its fsync (`synchronous=FULL`). Reads run on the calling
 * thread and never wait for writes. At most 10 000 writes or 64 MiB wait for the disk; beyond, a write fails with `busy`.
 * If the writer's thread dies, `store.writer_died` is logged and every write fails with `io`, while reads go on. Faults of
 * the disk are logged by their kind: `store.disk_full`, `store.not_writable`, `store.damaged`, `store.disk_failed`.
 * A file of schema 2 is added to, at once; one of schema 1 is copied first, which takes as much room again, and about 80 s
 * for a million messages.
 * Disposing of the store finishes what was called before, checkpoints and closes the file.
 *
 * @throws {NodeStoreError} `not_writable`: file or folder; `damaged`: no database; `schema`: of a newer version or another
 *   program; `full`; `io`
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<NodeStore> {
  const { path, logger, tuning, observer, reserveBytes = RESERVE } = options
  const { maxBytes, maxOwnerBytes = 0, maxOwnerMessages = 0, groupDelay } = tuning
  const workerData: WriterOptions = { path, maxBytes, maxOwnerBytes, maxOwnerMessages, reserveBytes, groupDelay }
  const worker = new Worker(new URL(WORKER, import.meta.url), { workerData, execArgv: [], name: 'store' })
  const faults = new FaultLog(logger)
  const writer = await Writer.open(worker, { faults, observer })
  try {
    return new SqliteStore(writer, openReader(path), faults)
  } catch (error) {
    await writer.close()
    throw faults.report(storeError(error))
  }
}

class SqliteStore implements NodeStore {
  readonly #writer: Writer
  readonly #reader: Reader
  readonly #faults: FaultLog
  #closing: Promise<void> | undefined

  constructor(writer: Writer, reader: Reader, faults: FaultLog) {
    this.#faults = faults
    this.#writer = writer
    this.#reader = reader
  }

  put(message: StoredMessage, origin: PutOrigin = 'client'): ReturnType<NodeStore['put']> {
    const { data, authorisation } = message
    const owned = { ...message, data: compact(data), authorisation: compact(authorisation) }
    return this.#writer.write({ kind: 'put', message: owned, origin }, data.length + authorisation.length)
  }

  async retrieve(query: Parameters<NodeStore['retrieve']>[0]): ReturnType<NodeStore['retrieve']> {
    return this.#read((reader) => reader.retrieve(query))
  }

  apply(record: ChangeRecord): ReturnType<NodeStore['apply']> {
    const { request, change } = record
    const owned = { ...record, request: compact(request), change: compactChange(change) }
    return this.#writer.write({ kind: 'apply', record: owned }, request.length)
  }

  delete(...[owner, hashes]: Parameters<NodeStore['delete']>): ReturnType<NodeStore['delete']> {
    return this.#writer.write({ kind: 'delete', owner, hashes })
  }

  async revokedTokens(owner: Owner): ReturnType<NodeStore['revokedTokens']> {
    return this.#read((reader) => reader.revokedTokens(owner))
  }

  async expiries(...[owner, hashes]: Parameters<NodeStore['expiries']>): ReturnType<NodeStore['expiries']> {
    return this.#read((reader) => reader.expiries(owner, hashes))
  }

  deleteExpired(...[now, limit]: Parameters<NodeStore['deleteExpired']>): Promise<number> {
    return this.#writer.write({ kind: 'deleteExpired', now, limit })
  }

  addHints(hints: Parameters<NodeStore['addHints']>[0]): Promise<void> {
    const owned = hints.map((hint) =>
      hint.work.kind === 'request' ? { ...hint, work: { ...hint.work, request: compact(hint.work.request) } } : hint,
    )
    const sizes = owned.map(({ work }) => (work.kind === 'request' ? work.request.length : 0))
    return this.#writer.write(
      { kind: 'addHints', hints: owned },
      sizes.reduce((sum, size) => sum + size, 0),
    )
  }

  async dueHints(options: Parameters<NodeStore['dueHints']>[0]): ReturnType<NodeStore['dueHints']> {
    return this.#read((reader) => reader.dueHints(options))
  }

  async hintedMembers(now: Parameters<NodeStore['hintedMembers']>[0]): ReturnType<NodeStore['hintedMembers']> {
    return this.#read((reader) => reader.hintedMembers(now))
  }

  settleHints(ids: readonly number[]): Promise<void> {
    return this.#writer.write({ kind: 'settleHints', ids })
  }

  postponeHints(...[ids, until]: Parameters<NodeStore['postponeHints']>): Promise<void> {
    return this.#writer.write({ kind: 'postponeHints', ids, until })
  }

  dropHintsOf(member: Parameters<NodeStore['dropHintsOf']>[0]): Promise<void> {
    return this.#writer.write({ kind: 'dropHintsOf', member })
  }

  async owners({ after, limit }: Parameters<NodeStore['owners']>[0]): ReturnType<NodeStore['owners']> {
    return this.#read((reader) => reader.owners(after, limit))
  }

  async hashesOf(owner: Parameters<NodeStore['hashesOf']>[0]): ReturnType<NodeStore['hashesOf']> {
    return this.#read((reader) => reader.hashesOf(owner))
  }

  async recordsOf(owner: Owner): ReturnType<NodeStore['recordsOf']> {
    return this.#read((reader) => reader.recordsOf(owner))
  }

  async digests(): ReturnType<NodeStore['digests']> {
    return this.#read((reader) => reader.digests())
  }

  async itemsIn(...[bucket, { after, limit }]: Parameters<NodeStore['itemsIn']>): ReturnType<NodeStore['itemsIn']> {
    return this.#read((reader) => reader.itemsIn(bucket, after, limit))
  }

  async messagesByItem(items: Parameters<NodeStore['messagesByItem']>[0]): ReturnType<NodeStore['messagesByItem']> {
    return this.#read((reader) => reader.messagesByItem(items))
  }

  async recordsById(ids: Parameters<NodeStore['recordsById']>[0]): ReturnType<NodeStore['recordsById']> {
    return this.#read((reader) => reader.recordsById(ids))
  }

  forget(...[owner, items]: Parameters<NodeStore['forget']>): Promise<void> {
    return this.#writer.write({ kind: 'forget', owner, ...items })
  }

  async getValue(key: string): Promise<Uint8Array | undefined> {
    return this.#read((reader) => reader.getValue(key))
  }

  setValue(key: string, value: Uint8Array): Promise<void> {
    return this.#writer.write({ kind: 'setValue', key, value: compact(value) }, value.length)
  }

  async stats(): ReturnType<NodeStore['stats']> {
    return this.#read((reader) => ({ ...this.#writer.counts, sizeBytes: reader.sizeBytes() }))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#reader.close() // first: a checkpoint cannot empty the log under a reader
    await this.#writer.close()
  }

  #read<T>(query: (reader: Reader) => T): T {
    if (this.#closing !== undefined) throw new NodeStoreError('closed')
    try {
      return query(this.#reader)
    } catch (error) {
      throw this.#faults.report(storeError(error))
    }
  }
}

function storeError(error: unknown): NodeStoreError {
  return error instanceof NodeStoreError ? error : new NodeStoreError(failureOf(error).code, { cause: error })
}

function compactChange(change: Change): Change {
  return isRevocation(change)
    ? { ...change, tokens: change.tokens.map((token) => compact(token) as typeof token) }
    : change
}

/** A view of a larger buffer would be copied to the writer's thread with the whole buffer. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}
