/**
 * The main thread's side of the writer. Invariants: every operation that was taken has one promise in `#pending` until its
 * reply comes or the writer is gone; operations reach the database in the order in which they were called.
 */
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import type { NodeObserver } from '../metrics/observer.ts'
import { NodeStoreError } from '../storage/node-store-error.ts'
import type { FaultLog } from './fault-log.ts'
import type {
  FromWriter,
  RowCounts,
  ToWriter,
  WriteOperation,
  WriteReply,
  WriteResult,
  WriteResults,
} from './write-operation.ts'

/** Beyond either bound a write fails with `busy`. */
export const MAX_PENDING_WRITES = 10_000
export const MAX_PENDING_BYTES = 64 * 1024 * 1024

type Pending = {
  readonly sizeBytes: number
  readonly resolve: (result: WriteResult) => void
  readonly reject: (error: NodeStoreError) => void
}

export type WriterPorts = { readonly faults: FaultLog; readonly observer?: Pick<NodeObserver, 'group'> | undefined }

export class Writer {
  readonly #worker: Worker
  readonly #faults: FaultLog
  readonly #observer: WriterPorts['observer']
  readonly #pending = new Map<number, Pending>()
  readonly #gone: Promise<void>
  #outbox: { id: number; operation: WriteOperation }[] = []
  #pendingBytes = 0
  #nextId = 0
  #counts: RowCounts
  #state: 'open' | 'closing' | 'closed' | 'died' = 'open'

  private constructor(worker: Worker, counts: RowCounts, { faults, observer }: WriterPorts) {
    this.#worker = worker
    this.#faults = faults
    this.#observer = observer
    this.#counts = counts
    worker.on('message', (message: FromWriter) => this.#receive(message))
    worker.on('error', (error) => this.#die(error))
    this.#gone = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#die(new Error('the thread ended'))
        resolve()
      })
    })
  }

  /**
   * Waits until `worker` has opened the file.
   *
   * @throws {NodeStoreError} `io`, `not_writable`, `damaged`, `schema`, `full`
   */
  static async open(worker: Worker, ports: WriterPorts): Promise<Writer> {
    let first: FromWriter
    try {
      const exit = new AbortController()
      worker.once('exit', () => exit.abort())
      first = (await once(worker, 'message', { signal: exit.signal }))[0]
    } catch (error) {
      throw ports.faults.report(new NodeStoreError('io', { cause: error }))
    }
    if (first.kind === 'opened') return new Writer(worker, first.counts, ports)
    const { code, detail } = first.kind === 'refused' ? first.failure : { code: 'io' as const, detail: 'out of order' }
    throw ports.faults.report(new NodeStoreError(code, { cause: new Error(detail) }))
  }

  get counts(): RowCounts {
    return this.#counts
  }

  /** Resolves after the fsync. @throws {NodeStoreError} all codes but `schema` */
  write<Kind extends WriteOperation['kind']>(
    operation: Extract<WriteOperation, { kind: Kind }>,
    sizeBytes = 0,
  ): Promise<WriteResults[Kind]> {
    if (this.#state !== 'open') return Promise.reject(new NodeStoreError(this.#state === 'died' ? 'io' : 'closed'))
    if (this.#pending.size >= MAX_PENDING_WRITES || this.#pendingBytes + sizeBytes > MAX_PENDING_BYTES) {
      return Promise.reject(new NodeStoreError('busy'))
    }
    const id = this.#nextId++
    // Everything that one turn of the event loop brings is one message to the thread: 20 µs each otherwise.
    if (this.#outbox.push({ id, operation }) === 1) setImmediate(() => this.#flush())
    this.#pendingBytes += sizeBytes
    const result = new Promise<WriteResult>((resolve, reject) => {
      this.#pending.set(id, { sizeBytes, resolve, reject })
    })
    return result as Promise<WriteResults[Kind]> // the writer answers an operation with the result of its kind
  }

  /** Finishes what was called before, checkpoints and closes the file. */
  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#flush()
      this.#post({ kind: 'close' })
    }
    await this.#gone
  }

  #flush(): void {
    if (this.#outbox.length === 0) return
    const requests = this.#outbox
    this.#outbox = []
    this.#post({ kind: 'write', requests })
  }

  #post(message: ToWriter): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromWriter): void {
    if (message.kind !== 'done') return
    this.#counts = message.counts
    this.#observer?.group(message.replies.length, message.milliseconds)
    for (const reply of message.replies) this.#settle(reply)
  }

  #settle(reply: WriteReply): void {
    const pending = this.#pending.get(reply.id)
    if (!pending) return
    this.#pending.delete(reply.id)
    this.#pendingBytes -= pending.sizeBytes
    if ('result' in reply) pending.resolve(reply.result)
    else {
      const cause = new Error(reply.failure.detail)
      pending.reject(this.#faults.report(new NodeStoreError(reply.failure.code, { cause })))
    }
  }

  #die(cause: unknown): void {
    if (this.#state === 'died' || this.#state === 'closed') return
    this.#state = this.#state === 'closing' && this.#pending.size === 0 ? 'closed' : 'died'
    if (this.#state === 'died') this.#faults.logger.error('store.writer_died', { pending: this.#pending.size })
    for (const { reject } of this.#pending.values()) reject(new NodeStoreError('io', { cause }))
    this.#pending.clear()
    this.#pendingBytes = 0
  }
}
