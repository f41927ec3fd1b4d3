/** Fills a database for measurements, without the thread and the fsyncs that a node needs. */
import { randomBytes } from 'node:crypto'
import { type Owner, parseMessageHash, parseNamespace, parseOwner, unixMillis } from '@starling/protocol'
import { bucketOf } from '../storage/buckets.ts'
import type { StoredMessage } from '../storage/node-store.ts'
import { ownerBytes } from './key-bytes.ts'
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

/**
 * The same much faster, table by table in the order of its keys: its pages are fuller than those of a node, and its digests
 * are none.
 */
export function fillFast(path: string, options: { count: number; owners: readonly Owner[]; sizeBytes: number }): void {
  const { count, owners, sizeBytes } = options
  const db = openForWriting(path, 0)
  try {
    db.exec(
      'PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; CREATE TEMP TABLE place_of(id INTEGER PRIMARY KEY, bucket)',
    )
    db.exec('BEGIN')
    const owner = db.prepare('INSERT INTO owners(id, key) VALUES (?, ?)')
    const bucket = db.prepare('INSERT INTO place_of VALUES (?, ?)')
    for (const [index, text] of owners.entries()) {
      owner.run(index + 1, ownerBytes(text))
      bucket.run(index + 1, bucketOf(text))
    }
    db.exec(`
      INSERT INTO messages(id, owner, namespace, timestamp, expiry, stored_at, hash, authorisation, data)
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
        SELECT n, n % ${owners.length} + 1, 0, ${NOW}, ${NOW + 1e9}, ${NOW}, randomblob(32), x'', randomblob(${sizeBytes})
        FROM numbers;
      INSERT INTO places SELECT owner, namespace, id, ${sizeBytes} FROM messages ORDER BY owner, namespace, id;
      INSERT INTO items SELECT p.bucket, substr(m.hash, 1, 16), m.id, m.owner
        FROM messages m JOIN place_of p ON p.id = m.owner ORDER BY 1, 2;
      INSERT INTO buckets SELECT bucket, COUNT(*), zeroblob(16) FROM items GROUP BY bucket;
      COMMIT;
      PRAGMA wal_checkpoint(TRUNCATE);`)
  } finally {
    db.close()
  }
}
