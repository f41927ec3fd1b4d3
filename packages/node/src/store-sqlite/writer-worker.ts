/**
 * The writer's thread: the only connection that writes. Everything that is queued when a transaction starts shares it and
 * its fsync. A reply is posted after the commit, never before.
 */
import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { GroupCommit } from './group-commit.ts'
import { openForWriting } from './schema.ts'
import { failureOf } from './sqlite-failure.ts'
import type { FromWriter, ToWriter, WriteRequest, WriterOptions } from './write-operation.ts'

if (parentPort) run(parentPort, workerData as WriterOptions)

function run(port: MessagePort, options: WriterOptions): void {
  const post = (message: FromWriter) => port.postMessage(message)
  let db: DatabaseSync
  let group: GroupCommit
  try {
    db = openForWriting(options.path, options.maxBytes)
    group = new GroupCommit(db, options)
  } catch (error) {
    post({ kind: 'refused', failure: failureOf(error) })
    return
  }
  post({ kind: 'opened', counts: group.counts })

  const commit = (requests: readonly WriteRequest[]) => {
    const started = performance.now()
    const replies = group.commit(requests)
    post({ kind: 'done', replies, counts: group.counts, milliseconds: performance.now() - started })
  }
  let lastSize = 0
  let next: NodeJS.Immediate | undefined
  const work = (received: readonly ToWriter[]) => {
    const requests = received.flatMap((message) => (message.kind === 'write' ? message.requests : []))
    if (requests.length > 0 || group.isBusy) commit(requests)
    lastSize = requests.length
    clearImmediate(next)
    if (received.some((message) => message.kind === 'close')) {
      while (group.isBusy) commit([])
      close(db)
      port.close()
    } else if (group.isBusy) next = setImmediate(() => work([...drain(port)]))
  }
  port.on('message', (first: ToWriter) => {
    // Who writes alone does not wait for others; where the last group was shared, others are on their way.
    if (lastSize > 1) sleep(options.groupDelay)
    work([first, ...drain(port)])
  })
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
