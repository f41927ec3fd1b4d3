/**
 * The writer's thread: the only connection that writes. Everything that is queued when a transaction starts shares it and
 * its fsync. A reply is posted after the commit, never before.
 */
import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { DiskRoom } from './disk-room.ts'
import { openForWriting } from './schema.ts'
import { failureOf, isDiskFault, NoRoomError } from './sqlite-failure.ts'
import type { FromWriter, ToWriter, WriteReply, WriterOptions } from './write-operation.ts'
import { createWriteOperations, type WriteOperations } from './write-operations.ts'

type Requests = Extract<ToWriter, { kind: 'write' }>['requests']

if (parentPort) run(parentPort, workerData as WriterOptions)

function run(port: MessagePort, options: WriterOptions): void {
  const post = (message: FromWriter) => port.postMessage(message)
  let db: DatabaseSync
  let group: ReturnType<typeof createGroupCommit>
  try {
    db = openForWriting(options.path, options.maxBytes)
    group = createGroupCommit(db, options)
  } catch (error) {
    post({ kind: 'refused', failure: failureOf(error) })
    return
  }
  post({ kind: 'opened', counts: group.counts })

  let lastSize = 0
  port.on('message', (first: ToWriter) => {
    // Who writes alone does not wait for others; where the last group was shared, others are on their way.
    if (lastSize > 1) sleep(options.groupDelay)
    const received = [first, ...drain(port)]
    const requests = received.flatMap((message) => (message.kind === 'write' ? message.requests : []))
    if (requests.length > 0) {
      const started = performance.now()
      const replies = group.commit(requests)
      post({ kind: 'done', replies, counts: group.counts, milliseconds: performance.now() - started })
    }
    lastSize = requests.length
    if (received.some((message) => message.kind === 'close')) {
      close(db)
      port.close()
    }
  })
}

function createGroupCommit(db: DatabaseSync, options: WriterOptions) {
  const limits = { maxBytes: options.maxOwnerBytes, maxMessages: options.maxOwnerMessages }
  const operations = createWriteOperations(db, limits, new DiskRoom(db, options))
  const begin = db.prepare('BEGIN IMMEDIATE')
  const end = db.prepare('COMMIT')

  const transact = (requests: Requests): WriteReply[] => {
    try {
      operations.begin()
      begin.run()
      const replies = requests.map((request) => reply(operations, request))
      operations.beforeCommit()
      end.run()
      operations.committed()
      return replies
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK') // SQLite has rolled back some failures itself
      operations.rolledBack()
      // One write that does not fit must not fail the others of its group.
      if (requests.length > 1 && !isDiskFault(error)) return requests.flatMap((request) => transact([request]))
      return requests.map(({ id }) => ({ id, failure: failureOf(error) }))
    }
  }
  return { counts: operations.counts, commit: transact }
}

function reply(operations: WriteOperations, { id, operation }: Requests[number]): WriteReply {
  try {
    return { id, result: operations.carryOut(operation) }
  } catch (error) {
    if (error instanceof NoRoomError) return { id, failure: failureOf(error) } // nothing was changed
    throw error
  }
}

function* drain(port: MessagePort): Generator<ToWriter> {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) yield next.message as ToWriter
}

function close(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)') // so that the next start has nothing to recover
  } finally {
    db.close()
  }
}

/** Blocks this thread, which has nothing else to do. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
