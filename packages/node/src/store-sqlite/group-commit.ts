/**
 * Transactions of the writer: what comes in together shares one. Work that would keep others waiting is done in slices, one
 * a transaction, and answered after its last. Imports types alone: the writer's thread starts quickly.
 */
import type { DatabaseSync } from 'node:sqlite'
import { DiskRoom } from './disk-room.ts'
import type { Walk } from './owner-walk.ts'
import { failureOf, isDiskFault, NoRoomError } from './sqlite-failure.ts'
import type { RowCounts, WriteReply, WriteRequest, WriteResult, WriterOptions } from './write-operation.ts'
import { createWriteOperations, type WriteOperations } from './write-operations.ts'

type Unfinished = { readonly id: number; readonly walk: Walk<WriteResult> }

export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #operations: WriteOperations
  readonly #begin
  readonly #commit
  #unfinished: Unfinished[] = []

  constructor(db: DatabaseSync, options: WriterOptions) {
    const limits = { maxBytes: options.maxOwnerBytes, maxMessages: options.maxOwnerMessages }
    this.#db = db
    this.#operations = createWriteOperations(db, limits, new DiskRoom(db, options))
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
  }

  get counts(): RowCounts {
    return this.#operations.counts
  }

  /** There is work that waits for its next slice: `commit` is to be called again, if need be without requests. */
  get isBusy(): boolean {
    return this.#unfinished.length > 0
  }

  /** Replies to what is durable, or failed. */
  commit(requests: readonly WriteRequest[]): WriteReply[] {
    try {
      this.#operations.begin()
      this.#begin.run()
      const replies = [...this.#nextSlice(), ...requests.flatMap((request) => this.#carryOut(request))]
      this.#operations.beforeCommit()
      this.#commit.run()
      this.#operations.committed()
      return replies
    } catch (error) {
      return this.#rollBack(error, requests)
    }
  }

  /** Of the work that waits longest. */
  #nextSlice(): WriteReply[] {
    const next = this.#unfinished.shift()
    return next ? this.#advance(next) : []
  }

  #carryOut({ id, operation }: WriteRequest): WriteReply[] {
    try {
      const result = this.#operations.carryOut(operation)
      return isWalk(result) ? this.#advance({ id, walk: result }) : [{ id, result }]
    } catch (error) {
      if (error instanceof NoRoomError) return [{ id, failure: failureOf(error) }] // nothing was changed
      throw error
    }
  }

  #advance(work: Unfinished): WriteReply[] {
    this.#unfinished.push(work) // also while it runs: a rollback fails it
    const { done, value } = work.walk.next()
    if (!done) return []
    this.#unfinished.pop()
    return [{ id: work.id, result: value }]
  }

  #rollBack(error: unknown, requests: readonly WriteRequest[]): WriteReply[] {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK') // SQLite has rolled back some failures itself
    this.#operations.rolledBack()
    const failure = failureOf(error)
    const isNew = new Set(requests.map(({ id }) => id))
    // Work in slices does not know that its last one did not happen.
    const failed = this.#unfinished.filter(({ id }) => !isNew.has(id)).map(({ id }) => ({ id, failure }))
    this.#unfinished = []
    // One write that does not fit must not fail the others of its group.
    if (requests.length > 1 && !isDiskFault(error)) {
      return [...failed, ...requests.flatMap((request) => this.commit([request]))]
    }
    return [...failed, ...requests.map(({ id }) => ({ id, failure }))]
  }
}

function isWalk(result: WriteResult | Walk<WriteResult>): result is Walk<WriteResult> {
  return typeof result === 'object' && Symbol.iterator in result && 'next' in result
}
