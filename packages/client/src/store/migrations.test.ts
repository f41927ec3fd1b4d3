import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fromBase64, fromHex, fromUtf8, toHex, utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { parseStoreKey } from './key-vault.ts'
import { MemoryDisk, MemoryStore } from './memory-store.ts'
import { MIGRATIONS, type Migration } from './migrations.ts'
import { SealedStore } from './sealed-store.ts'

type Saved = { readonly storeKey: string; readonly records: Readonly<Record<string, string>> }

const folder = new URL('versions/', import.meta.url)
const storeError = (code: string) => expect.objectContaining({ name: 'StoreError', code })

function savedVersion(version: number): { disk: MemoryDisk; key: string } {
  const saved: Saved = JSON.parse(readFileSync(new URL(`version-${version}.json`, folder), 'utf8'))
  const disk = new MemoryDisk()
  for (const [key, value] of Object.entries(saved.records)) disk.records.set(key, fromBase64(value))
  return { disk, key: saved.storeKey }
}

function open(
  { disk, key }: { disk: MemoryDisk; key: string },
  migrations: readonly Migration[] = MIGRATIONS,
  writesLeft = Number.POSITIVE_INFINITY,
): Promise<SealedStore> {
  disk.writesLeft = writesLeft
  return SealedStore.open({
    store: new MemoryStore(disk),
    key: parseStoreKey(fromHex(key)),
    crypto: createNativeCrypto(),
    random: seededRandom(3),
    migrations,
  })
}

test('there is a store of every earlier version, and each becomes one of this version', async () => {
  expect(readdirSync(folder).sort()).toEqual(MIGRATIONS.map((_, i) => `version-${i + 1}.json`))
  for (let version = 1; version <= MIGRATIONS.length; version++) {
    const saved = savedVersion(version)
    const account = { table: 0, partition: 'account', sort: new Uint8Array() }
    for (let time = 0; time < 2; time++) {
      await using store = await open(saved)
      expect(JSON.parse(fromUtf8((await store.get(account))!)).displayName).toBe('Alice')
    }
  }
})

test('a store of a later version is refused, and nothing in it changes', async () => {
  const saved = savedVersion(1)
  await (await open(saved, [...MIGRATIONS, async () => []]))[Symbol.asyncDispose]()
  const before = [...saved.disk.records].map(([key, value]) => key + toHex(value))
  await expect(open(saved)).rejects.toEqual(storeError('newer_version'))
  expect([...saved.disk.records].map(([key, value]) => key + toHex(value))).toEqual(before)
  expect(saved.disk.inUse).toBe(false)
})

const OLD = { table: 100, partition: 'old' }
const NEW = { table: 101, partition: 'new' }

/** Moves the records of one table into another one, a few at a time, and counts them in a third. */
async function move(store: SealedStore): Promise<readonly []> {
  for (;;) {
    const page = await store.list({ ...OLD, limit: 3 })
    if (page.length === 0) return []
    await store.write(
      page.flatMap(({ sort, value }) => [
        { kind: 'put', name: { ...NEW, sort }, value: utf8(`moved ${fromUtf8(value)}`) },
        { kind: 'delete', name: { ...OLD, sort } },
      ]),
    )
  }
}
const mark: Migration = async () => [{ kind: 'put', name: { ...NEW, sort: Uint8Array.of(255) }, value: utf8('marked') }]

test('a migration that was cut short at any write goes on where it was', async () => {
  const property = fc.asyncProperty(fc.nat(12), fc.array(fc.nat(8), { maxLength: 4 }), async (count, crashes) => {
    const saved = { disk: new MemoryDisk(), key: '01'.repeat(32) }
    const store = await open(saved, [])
    const sorts = Array.from({ length: count }, (_, i) => Uint8Array.of(i))
    if (count > 0)
      await store.write(sorts.map((sort) => ({ kind: 'put', name: { ...OLD, sort }, value: utf8(`${sort[0]}`) })))
    await store[Symbol.asyncDispose]()
    for (const left of crashes) {
      await open(saved, [move, mark], left).then(
        (opened) => opened[Symbol.asyncDispose](),
        (error) => expect(error).toEqual(storeError('io')),
      )
    }
    await using done = await open(saved, [move, mark])
    const values = (await done.list({ ...NEW, limit: 100 })).map(({ value }) => fromUtf8(value))
    expect(values).toEqual([...sorts.map((sort) => `moved ${sort[0]}`), 'marked'])
    expect(await done.list({ ...OLD, limit: 100 })).toEqual([])
  })
  await fc.assert(property, { numRuns: 60 })
})
