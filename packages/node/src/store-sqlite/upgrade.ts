/**
 * Brings files of earlier schemas to the present one. Of schema 1 by copying: the old file stays as it is until the copy is
 * durable, and is then replaced by it in one step. A crash in between leaves the old file and a copy that the next start
 * throws away. Of schema 2 by adding to it, in one transaction. Imports types alone: the writer's thread starts quickly.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { bucketOf, ITEM_ID_BYTES } from '../storage/buckets.ts'
import type { StoredMessage } from '../storage/node-store.ts'
import { hashText, ownerText } from './key-bytes.ts'
import { DamagedError } from './sqlite-failure.ts'
import { createWriteOperations } from './write-operations.ts'

const GROUP = 5000

type HintRow = Readonly<Record<'id' | 'expiry' | 'due' | 'attempts', number>> &
  Readonly<Record<'member' | 'owner' | 'request', Uint8Array>> & { readonly hash: Uint8Array | null }

/** Where the copy lies until it is whole. */
const copyPath = (path: string): string => `${path}.upgrade`

/**
 * What each `expire` does to each message, as far as it makes a difference beside others: docs/protocol/replication.md §2.
 * item: the first 16 bytes of the hash.
 */
export const EXPIRY_CHANGES = `
  CREATE TABLE expiry_changes(owner INTEGER NOT NULL, item BLOB NOT NULL, record INTEGER NOT NULL, expiry INTEGER NOT NULL,
    PRIMARY KEY(owner, item, record)) STRICT, WITHOUT ROWID;
  CREATE INDEX expiry_changes_record ON expiry_changes(record);`

/** Instant, whatever the file holds. */
export function upgradeFrom2(db: DatabaseSync): void {
  db.exec(`BEGIN IMMEDIATE; ALTER TABLE messages ADD COLUMN given INTEGER; ${EXPIRY_CHANGES}
    PRAGMA user_version = 3; COMMIT`)
}

/** @param open makes an empty file of the present schema. */
export function upgradeFrom1(old: DatabaseSync, path: string, open: (path: string) => DatabaseSync): void {
  const copy = copyPath(path)
  removeCopy(path)
  try {
    const db = open(copy)
    try {
      db.exec('PRAGMA synchronous = OFF') // nothing of the copy counts before all of it is written and synced
      copyMessages(old, db)
      copyTheRest(old, db)
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      db.close()
    }
    sync(copy)
    old.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    old.close() // takes its log along, which would not fit the new file
    renameSync(copy, path)
    sync(dirname(path))
  } catch (error) {
    removeCopy(path)
    throw error
  }
}

/** What an upgrade that was cut short left. */
export function removeCopy(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(copyPath(path) + suffix, { force: true })
}

function copyMessages(old: DatabaseSync, db: DatabaseSync): void {
  const operations = createWriteOperations(db, { maxBytes: 0, maxMessages: 0 })
  const rows = old.prepare('SELECT * FROM messages ORDER BY id').iterate()
  db.exec('BEGIN')
  let count = 0
  for (const row of rows) {
    operations.carryOut({ kind: 'put', message: messageOf(row), origin: 'peer' })
    if (++count % GROUP !== 0) continue
    operations.beforeCommit()
    db.exec('COMMIT; BEGIN')
  }
  operations.beforeCommit()
  db.exec('COMMIT')
}

/** Schema 1 did not say when a message was stored: when it was sent, at the latest now. */
function messageOf(row: Record<string, unknown>): StoredMessage {
  const { hash, owner, namespace, timestamp, expiry, authorisation, data } = row
  if (!isBytes(hash, 32) || !isBytes(owner, 33) || !isBytes(data) || !isBytes(authorisation)) throw new DamagedError()
  const storedAt = Math.min(Number(timestamp), Date.now()) // rule-exception: this thread has no Clock, and any bound will do
  const numbers = { namespace: Number(namespace), timestamp: Number(timestamp), expiry: Number(expiry), storedAt }
  return { ...(numbers as never as StoredMessage), hash: hashText(hash), owner: ownerText(owner), data, authorisation }
}

/** Hints for messages, and requests without the version that stood before them. */
function copyTheRest(old: DatabaseSync, db: DatabaseSync): void {
  const value = db.prepare('INSERT INTO node_values(key, value) VALUES (?, ?)')
  const message = db.prepare(`INSERT INTO hints(id, member, message, expiry, due, attempts)
    SELECT ?, ?, ref, ?, ?, ? FROM items WHERE bucket = ? AND id = ?`)
  const request = db.prepare('INSERT INTO hints(id, member, request, expiry, due, attempts) VALUES (?, ?, ?, ?, ?, ?)')
  db.exec('BEGIN')
  for (const { key, value: bytes } of old.prepare('SELECT * FROM node_values').iterate()) value.run(key!, bytes!)
  const hints = old.prepare(`SELECT h.*, m.owner FROM hints h LEFT JOIN messages m ON m.hash = h.hash
    WHERE h.request IS NOT NULL OR m.id IS NOT NULL ORDER BY h.id`)
  for (const row of hints.iterate()) {
    const { id, member, hash, owner, request: encoded, expiry, due, attempts } = row as HintRow
    if (hash === null) request.run(id, member, encoded.subarray(1), expiry, due, attempts)
    else message.run(id, member, expiry, due, attempts, bucketOf(ownerText(owner)), hash.subarray(0, ITEM_ID_BYTES))
  }
  db.exec('COMMIT')
}

function isBytes(value: unknown, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
