import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fromBase64, millis, nodeIdBytes, ownerBytes } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { expect } from 'expect'
import type { NodeStore, StoredMessage } from '../storage/node-store.ts'
import { BOB, EXPIRY, hashes, hashOf, MEMBER, NOW, storedMessage } from '../storage/store-fixture.suite.ts'
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
