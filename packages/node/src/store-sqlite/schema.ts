/**
 * The tables of the storage, and how its file is opened for writing. Imports types alone: the writer's thread starts quickly.
 * @see docs/adr/0010-storage-layout.md
 */
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ForeignSchemaError } from './sqlite-failure.ts'
import { EXPIRY_CHANGES, removeCopy, upgradeFrom1, upgradeFrom2 } from './upgrade.ts'

/** Small: a store touches a page of every index. What does not fit lies on pages of its own, free at once when it goes. */
export const PAGE_SIZE = 2048
/** 16 MiB: smaller, and a page that many groups touch is written more often; larger, and requests wait for it longer. */
const CHECKPOINT_PAGES = 8192
const VERSION = 3

// The ID of a message is its place in the order of arrival. It may be given again once the newest message is gone: a
// cursor is a hash. The ID of a hint is not (`AUTOINCREMENT`): a late `settleHints` must not hit another hint.
const TABLES = `
  -- Those that have messages or records.
  CREATE TABLE owners(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE) STRICT;

  -- given: the latest expiry that a store gave, where a change of expiry made it another.
  CREATE TABLE messages(
    id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, namespace INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    expiry INTEGER NOT NULL, stored_at INTEGER NOT NULL, hash BLOB NOT NULL, authorisation BLOB NOT NULL,
    data BLOB NOT NULL, given INTEGER) STRICT;
  CREATE INDEX messages_expiry ON messages(expiry);

  -- Messages in the order of arrival; size: of data and authorisation.
  CREATE TABLE places(
    owner INTEGER NOT NULL, namespace INTEGER NOT NULL, message INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY(owner, namespace, message)) STRICT, WITHOUT ROWID;

  -- What members compare. ref: the ID of a message, or that of a record with a minus sign.
  CREATE TABLE items(
    bucket INTEGER NOT NULL, id BLOB NOT NULL, ref INTEGER NOT NULL, owner INTEGER NOT NULL,
    PRIMARY KEY(bucket, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE buckets(bucket INTEGER PRIMARY KEY, count INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
  -- What transactions have changed since, as bucket-table.ts encodes it.
  CREATE TABLE bucket_changes(id INTEGER PRIMARY KEY, changes BLOB NOT NULL) STRICT;

  -- kind: as in record-kinds.ts; names: hashes (with their expiries) or tokens, one after the other; before: or the expiry
  -- of an expire_all; due: when the sweep looks at it; unfinished: 1 until all that it deletes or changes is.
  CREATE TABLE records(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, owner INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL,
    expiry INTEGER NOT NULL, due INTEGER NOT NULL, unfinished INTEGER NOT NULL, namespace INTEGER, before INTEGER,
    names BLOB NOT NULL, request BLOB NOT NULL) STRICT;
  CREATE INDEX records_owner ON records(owner, kind, at);
  CREATE INDEX records_due ON records(due);
  CREATE INDEX records_unfinished ON records(id) WHERE unfinished = 1;
  -- What was deleted by its hash; item: the first 16 bytes.
  CREATE TABLE tombstones(owner INTEGER NOT NULL, item BLOB NOT NULL, record INTEGER NOT NULL,
    PRIMARY KEY(owner, item, record)) STRICT, WITHOUT ROWID;
  ${EXPIRY_CHANGES}

  CREATE TABLE hints(
    id INTEGER PRIMARY KEY AUTOINCREMENT, member BLOB NOT NULL, message INTEGER, record INTEGER, request BLOB,
    expiry INTEGER NOT NULL, due INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE UNIQUE INDEX hints_message ON hints(message, member) WHERE message IS NOT NULL;
  CREATE UNIQUE INDEX hints_record ON hints(record, member) WHERE record IS NOT NULL;
  CREATE INDEX hints_due ON hints(member, due);
  CREATE INDEX hints_expiry ON hints(expiry);

  CREATE TABLE node_values(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`

/** For what is no message: deletions keep records, and hints are wanted, when there is no room for messages. */
const RESERVED_PAGES = 1024

/**
 * Opens the file, makes it and its folder when they are missing (for the process's user alone), and sees to the schema.
 *
 * @param maxBytes of the database file; 0: no limit. Messages are refused before it is reached, everything else 2 MiB
 *   beyond it. The write-ahead log comes on top: about 32 MiB, 64 MiB after a burst.
 */
export function openForWriting(path: string, maxBytes: number): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  removeCopy(path)
  let db = openFile(path)
  try {
    const version = versionOf(db)
    if (version > VERSION) throw new ForeignSchemaError(`version ${version}, known: ${VERSION}`)
    if (version === 1) {
      upgradeFrom1(db, path, openNew)
      db = openFile(path)
    } else if (version === 2) upgradeFrom2(db)
    else if (version === 0) createTables(db)
    if (maxBytes > 0) db.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / PAGE_SIZE) + RESERVED_PAGES}`)
    return db
  } catch (error) {
    if (db.isOpen) db.close()
    throw error
  }
}

function openNew(path: string): DatabaseSync {
  const db = openFile(path)
  createTables(db)
  return db
}

function openFile(path: string): DatabaseSync {
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path, { timeout: 5000 })
  try {
    db.exec(`
      PRAGMA page_size = ${PAGE_SIZE};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL; -- NORMAL does not fsync a commit in this mode
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA journal_size_limit = 67108864;
      -- A page split makes the end of its transaction look through the whole cache: a fifth of what a put costs at 16 MiB.
      PRAGMA cache_size = -4096;
      PRAGMA trusted_schema = OFF;`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

function createTables(db: DatabaseSync): void {
  if (db.prepare('SELECT 1 FROM sqlite_schema').get()) throw new ForeignSchemaError('tables of another program')
  db.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`)
}
