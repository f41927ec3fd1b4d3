import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fromBase64, millis, nodeIdBytes, ownerBytes, unixMillis } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { expect } from 'expect'
import { bucketOf } from '../storage/buckets.ts'
import type { ChangeRecord } from '../storage/change-record.ts'
import type { NodeStore, StoredMessage } from '../storage/node-store.ts'
import { changeRecord } from '../storage/records.suite.ts'
import { ALICE, BOB, EXPIRY, hashes, hashOf, MEMBER, NOW, storedMessage } from '../storage/store-fixture.suite.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** As schema 1 was written. */
const SCHEMA_1 = `
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
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
  PRAGMA user_version = 1;
`

/** As schema 2 was written. */
const SCHEMA_2 = `
  PRAGMA page_size = 2048;
  PRAGMA journal_mode = WAL;
  CREATE TABLE owners(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE) STRICT;
  CREATE TABLE messages(
    id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, namespace INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    expiry INTEGER NOT NULL, stored_at INTEGER NOT NULL, hash BLOB NOT NULL, authorisation BLOB NOT NULL,
    data BLOB NOT NULL) STRICT;
  CREATE INDEX messages_expiry ON messages(expiry);
  CREATE TABLE places(
    owner INTEGER NOT NULL, namespace INTEGER NOT NULL, message INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY(owner, namespace, message)) STRICT, WITHOUT ROWID;
  CREATE TABLE items(
    bucket INTEGER NOT NULL, id BLOB NOT NULL, ref INTEGER NOT NULL, owner INTEGER NOT NULL,
    PRIMARY KEY(bucket, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE buckets(bucket INTEGER PRIMARY KEY, count INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
  CREATE TABLE bucket_changes(id INTEGER PRIMARY KEY, changes BLOB NOT NULL) STRICT;
  CREATE TABLE records(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, owner INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL,
    expiry INTEGER NOT NULL, due INTEGER NOT NULL, unfinished INTEGER NOT NULL, namespace INTEGER, before INTEGER,
    names BLOB NOT NULL, request BLOB NOT NULL) STRICT;
  CREATE INDEX records_owner ON records(owner, kind, at);
  CREATE INDEX records_due ON records(due);
  CREATE INDEX records_unfinished ON records(id) WHERE unfinished = 1;
  CREATE TABLE tombstones(owner INTEGER NOT NULL, item BLOB NOT NULL, record INTEGER NOT NULL,
    PRIMARY KEY(owner, item, record)) STRICT, WITHOUT ROWID;
  CREATE TABLE hints(
    id INTEGER PRIMARY KEY AUTOINCREMENT, member BLOB NOT NULL, message INTEGER, record INTEGER, request BLOB,
    expiry INTEGER NOT NULL, due INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE UNIQUE INDEX hints_message ON hints(message, member) WHERE message IS NOT NULL;
  CREATE UNIQUE INDEX hints_record ON hints(record, member) WHERE record IS NOT NULL;
  CREATE INDEX hints_due ON hints(member, due);
  CREATE INDEX hints_expiry ON hints(expiry);
  CREATE TABLE node_values(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 2;
`

/** What an old message is now: stored when it was sent. */
const message = (number: number, change: Partial<StoredMessage> = {}): StoredMessage => {
  const made = storedMessage(number, change)
  return { ...made, storedAt: made.timestamp }
}

test('a file of schema 1 keeps its messages in their order, its hints and its values', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  const mine = [5, 3, 9, 1].map((number) => message(number, { data: new Uint8Array(3000).fill(number) }))
  const bobs = message(7, { owner: BOB })
  writeOld(path, [...mine, bobs], { hints: [3, 1], requests: [[1, 42, 43]] })
  await using store = await open(path)
  const all = { owner: mine[0]!.owner, namespace: mine[0]!.namespace, now: NOW, sizeBudget: 1e9, countLimit: 99 }
  expect((await store.retrieve(all)).messages).toEqual(mine)
  expect(await hashes(store, { owner: BOB })).toEqual([bobs.hash])
  expect(await store.stats()).toMatchObject({ messages: 5, records: 0, hints: 3 })
  expect((await store.dueHints({ member: MEMBER, now: NOW, limit: 9 })).map(({ work }) => work)).toEqual([
    { kind: 'message', message: mine[1] },
    { kind: 'message', message: mine[3] },
    { kind: 'request', request: new Uint8Array([42, 43]) },
  ])
  expect(await store.getValue('directory')).toEqual(new Uint8Array([7, 7]))
  expect(await store.put(message(10))).toEqual({ kind: 'stored' })
  expect([...(await store.digests()).values()].reduce((sum, { count }) => sum + count, 0)).toBe(6)
  expect(readdirSync(join(path, '..')).filter((name) => name.includes('upgrade'))).toEqual([])
})

test('what an upgrade that was cut short left is thrown away', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  writeOld(path, [message(1)])
  for (const suffix of ['.upgrade', '.upgrade-wal', '.upgrade-shm']) writeFileSync(path + suffix, 'half of it')
  await using store = await open(path)
  expect(await hashes(store)).toEqual([hashOf(1)])
  expect(existsSync(`${path}.upgrade`)).toBe(false)
})

test('an upgrade that is killed at any moment loses nothing', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  const messages = Array.from({ length: 4000 }, (_, number) => message(number, { data: new Uint8Array(500) }))
  writeOld(path, messages)
  let killed = 0
  for (const delay of [0, 10, 30, 60, 120]) if (await openAndKill(path, delay)) killed++
  expect(killed).toBeGreaterThan(0)
  await using store = await open(path)
  expect(await hashes(store)).toEqual(messages.map(({ hash }) => hash))
})

test('a damaged file of schema 1 is left as it was', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  writeOld(path, [message(1), message(2)])
  using db = new DatabaseSync(path)
  db.exec("UPDATE messages SET hash = x'beef' WHERE id = 2; PRAGMA wal_checkpoint(TRUNCATE)")
  db.close()
  const before = readFileSync(path)
  await expect(open(path)).rejects.toMatchObject({ name: 'NodeStoreError', code: 'damaged' })
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(existsSync(`${path}.upgrade`)).toBe(false)
})

test('a file of schema 2 keeps what it holds, and changes of expiry are kept from then on', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  const mine = [1, 2].map((number) => storedMessage(number))
  const deletion = changeRecord(1, 9, { kind: 'delete', hashes: [hashOf(7)] })
  writeSchema2(path, mine, deletion)
  await using store = await open(path)
  expect(await hashes(store)).toEqual([1, 2].map(hashOf))
  expect(await store.recordsOf(ALICE)).toEqual([deletion])
  expect(await store.put(storedMessage(7), 'peer')).toEqual({ kind: 'deleted' })
  expect(await store.stats()).toMatchObject({ messages: 2, records: 1, hints: 1 })
  const [due] = await store.dueHints({ member: MEMBER, now: NOW, limit: 9 })
  expect(due!.work).toEqual({ kind: 'request', request: new Uint8Array([42]) })
  const expiry = unixMillis(EXPIRY - 5)
  const shorten = changeRecord(2, 9, { kind: 'expire', mode: 'shorten', expiries: [{ hash: hashOf(1), expiry }] })
  await store.apply(shorten)
  await store.apply(changeRecord(3, 9, { kind: 'expireAll', namespace: 'all', expiry: unixMillis(EXPIRY - 1) }))
  await store[Symbol.asyncDispose]()
  await using again = await open(path)
  const expiries = [
    [hashOf(1), expiry],
    [hashOf(2), EXPIRY - 1],
  ] as const
  expect(await again.expiries(ALICE, [1, 2].map(hashOf))).toEqual(new Map(expiries as never))
  expect(await again.put(storedMessage(1), 'peer')).toEqual({ kind: 'existed', expiry })
  expect(await again.recordsOf(ALICE)).toContainEqual(shorten)
})

test('an upgrade from schema 2 that cannot be written leaves the file as it was', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  writeSchema2(path, [storedMessage(1)])
  {
    using db = new DatabaseSync(path)
    db.exec('CREATE TABLE expiry_changes(x)')
  }
  await expect(open(path)).rejects.toMatchObject({ name: 'NodeStoreError' })
  using db = new DatabaseSync(path)
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
  expect(db.prepare("SELECT 1 FROM pragma_table_info('messages') WHERE name = 'given'").get()).toBeUndefined()
})

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function open(path: string): Promise<NodeStore> {
  return openSqliteStore({ path, logger: silentLogger, tuning: { maxBytes: 0, groupDelay: millis(0) } })
}

function writeOld(
  path: string,
  messages: readonly StoredMessage[],
  { hints = [], requests = [] }: { hints?: readonly number[]; requests?: readonly number[][] } = {},
): void {
  using db = new DatabaseSync(path)
  db.exec(SCHEMA_1)
  const insert = db.prepare(`INSERT INTO messages(hash, owner, namespace, timestamp, expiry, authorisation, data)
    VALUES (?, ?, ?, ?, ?, ?, ?)`)
  db.exec('BEGIN')
  for (const { hash, owner, namespace, timestamp, expiry, authorisation, data } of messages) {
    insert.run(fromBase64(hash), ownerBytes(owner), namespace, timestamp, expiry, authorisation, data)
  }
  const hint = db.prepare('INSERT INTO hints(member, hash, request, expiry) VALUES (?, ?, ?, ?)')
  const member = nodeIdBytes(MEMBER)
  for (const number of hints) hint.run(member, fromBase64(hashOf(number)), null, EXPIRY)
  for (const request of requests) hint.run(member, null, new Uint8Array(request), EXPIRY)
  db.prepare('INSERT INTO node_values VALUES (?, ?)').run('directory', new Uint8Array([7, 7]))
  db.exec('COMMIT')
}

/** Messages of Alice's inbox, perhaps a deletion of one other, and a request that was missed. */
function writeSchema2(path: string, messages: readonly StoredMessage[], deletion?: ChangeRecord): void {
  using db = new DatabaseSync(path)
  db.exec(SCHEMA_2)
  const [bucket, owner] = [bucketOf(ALICE), ownerBytes(ALICE)]
  db.prepare('INSERT INTO owners VALUES (1, ?)').run(owner)
  const digest = new Uint8Array(16)
  const addItem = (id: Uint8Array, ref: number) => {
    db.prepare('INSERT INTO items VALUES (?, ?, ?, 1)').run(bucket, id, ref)
    for (const [index, byte] of id.entries()) digest[index]! ^= byte
  }
  for (const [index, message] of messages.entries()) {
    const { hash, namespace, timestamp, expiry, storedAt, authorisation, data } = message
    const values = [index + 1, 1, namespace, timestamp, expiry, storedAt, fromBase64(hash), authorisation, data]
    db.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(...values)
    const size = data.length + authorisation.length
    db.prepare('INSERT INTO places VALUES (1, ?, ?, ?)').run(namespace, index + 1, size)
    addItem(fromBase64(hash).subarray(0, 16), index + 1)
  }
  if (deletion?.change.kind === 'delete') {
    const [id, hash] = [Buffer.from(deletion.id, 'hex'), fromBase64(deletion.change.hashes[0]!)]
    const { at, expiry, request } = deletion
    db.prepare('INSERT INTO records VALUES (1, ?, 1, 0, ?, ?, ?, 0, NULL, NULL, ?, ?)').run(
      ...[id, at, expiry, expiry, hash, request],
    )
    db.prepare('INSERT INTO tombstones VALUES (1, ?, 1)').run(hash.subarray(0, 16))
    addItem(id, -1)
  }
  db.prepare('INSERT INTO buckets VALUES (?, ?, ?)').run(bucket, messages.length + (deletion ? 1 : 0), digest)
  db.prepare('INSERT INTO hints(member, request, expiry) VALUES (?, ?, ?)').run(
    ...[nodeIdBytes(MEMBER), new Uint8Array([42]), EXPIRY],
  )
}

/** Kills a process `delay` after its copy appeared; whether it was killed before it had opened the file. */
async function openAndKill(path: string, delay: number): Promise<boolean> {
  const program = `
    const { openSqliteStore } = await import(${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url))})
    process.stdout.write('opening')
    await openSqliteStore({ path: ${JSON.stringify(path)}, logger: {}, tuning: { maxBytes: 0, groupDelay: 0 } })
    process.stdout.write(' opened')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const looking = setInterval(() => {
    if (!existsSync(`${path}.upgrade`)) return
    clearInterval(looking)
    setTimeout(() => child.kill('SIGKILL'), delay)
  }, 1)
  await once(child, 'close')
  clearInterval(looking)
  return !output.includes('opened')
}
