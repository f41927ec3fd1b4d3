/** The tables of the storage, and how its file is opened for writing. Imports nothing: the writer's thread starts quickly. */
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ForeignSchemaError } from './sqlite-failure.ts'

// 2 kB messages take 2,845 bytes of disk at this size and 4,190 at SQLite's default of 4096.
export const PAGE_SIZE = 8192
const VERSION = 1

// The ID of a message is its place in the order of arrival. It may be given again once the newest message is gone: a
// cursor is a hash. The ID of a hint is not (`AUTOINCREMENT`): a late `settleHints` must not hit another hint.
const TABLES = `
  CREATE TABLE messages(
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL, owner BLOB NOT NULL, namespace INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, expiry INTEGER NOT NULL, authorisation BLOB NOT NULL, data BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX messages_hash ON messages(hash);
  CREATE INDEX messages_arrival ON messages(owner, namespace);
  CREATE INDEX messages_expiry ON messages(expiry);

  CREATE TABLE hints(
    id INTEGER PRIMARY KEY AUTOINCREMENT, member BLOB NOT NULL, hash BLOB, request BLOB, expiry INTEGER NOT NULL,
    due INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE UNIQUE INDEX hints_message ON hints(hash, member) WHERE hash IS NOT NULL;
  CREATE INDEX hints_due ON hints(member, due);
  CREATE INDEX hints_expiry ON hints(expiry);

  CREATE TABLE node_values(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
`

/**
 * Opens the file, makes it and its folder when they are missing (for the process's user alone), and sees to the schema.
 *
 * @param maxBytes of the database file, rounded up to pages; 0: no limit. The write-ahead log comes on top: about 32 MiB,
 *   64 MiB after a burst.
 */
export function openForWriting(path: string, maxBytes: number): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path, { timeout: 5000 })
  try {
    db.exec(`
      PRAGMA page_size = ${PAGE_SIZE};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL; -- NORMAL does not fsync a commit in this mode
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -16384;
      PRAGMA trusted_schema = OFF;`)
    migrate(db)
    if (maxBytes > 0) db.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / PAGE_SIZE)}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Each version adds its own step here, and the steps from the file's version on are run in one transaction. */
function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version === VERSION) return
  if (version > VERSION) throw new ForeignSchemaError(`version ${version}, known: ${VERSION}`)
  if (db.prepare('SELECT 1 FROM sqlite_schema').get()) throw new ForeignSchemaError('tables of another program')
  db.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`)
}
