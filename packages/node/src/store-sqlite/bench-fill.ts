/** Fills a database for measurements, without the thread and the fsyncs that a node needs. */
import { randomBytes } from 'node:crypto'
import { type Owner, parseMessageHash, parseNamespace, parseOwner, unixMillis } from '@starling/protocol'
import type { StoredMessage } from '../storage/node-store.ts'
import { openForWriting } from './schema.ts'
import { createWriteOperations } from './write-operations.ts'

export const NOW = unixMillis(1_700_000_000_000)
const NAMESPACE = parseNamespace(0)
const GROUP = 10_000

export function randomOwners(count: number): readonly Owner[] {
  return Array.from({ length: count }, () => parseOwner(`05${randomBytes(32).toString('hex')}`))
}

/** A message that expires after `NOW`, and was put together quickly: only its hash is random. */
export function randomMessage(owner: Owner, data: Uint8Array): StoredMessage {
  const hash = parseMessageHash(`${randomBytes(33).toString('base64').slice(0, 42)}A`)
  const expiry = unixMillis(NOW + 1e9)
  return { hash, owner, namespace: NAMESPACE, timestamp: NOW, expiry, storedAt: NOW, data, authorisation: NOTHING }
}

const NOTHING = new Uint8Array()

/** Adds messages of that size, in turn for each owner. */
export function fillStore(path: string, options: { count: number; owners: readonly Owner[]; sizeBytes: number }): void {
  const { count, owners, sizeBytes } = options
  const data = new Uint8Array(randomBytes(sizeBytes))
  const db = openForWriting(path, 0)
  try {
    db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -400000')
    const operations = createWriteOperations(db, { maxBytes: 0, maxMessages: 0 })
    for (let done = 0; done < count; ) {
      db.exec('BEGIN')
      for (const end = Math.min(count, done + GROUP); done < end; done++) {
        const message = randomMessage(owners[done % owners.length]!, data)
        operations.carryOut({ kind: 'put', message, origin: 'client' })
      }
      operations.beforeCommit()
      db.exec('COMMIT')
    }
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}
