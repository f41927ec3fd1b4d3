/** What every adapter of the port `NodeStore` tells members that compare what they hold. */
import { test } from 'node:test'
import { ownerBytes, parseOwner, swarmPosition } from '@starling/protocol'
import { expect } from 'expect'
import { bucketOf, itemIdOf, recordItemId } from './buckets.ts'
import type { NodeStore } from './node-store.ts'
import { changeRecord, recordId } from './records.suite.ts'
import {
  ALICE,
  byHash,
  type CreateStore,
  EXPIRY,
  hashes,
  hashOf,
  MEMBER,
  NOW,
  storedMessage,
} from './store-fixture.suite.ts'

const DELETION = { kind: 'delete', hashes: [hashOf(50)] } as const
/** Bob is in another bucket than Alice, her neighbour is not. */
const BOB = parseOwner(`05c0${'00'.repeat(31)}`)
const NEIGHBOUR = parseOwner(`05${'aa'.repeat(31)}ab`)

export function describeComparison(create: CreateStore): void {
  test('stores with the same items have the same digests, whatever happened on the way', async () => {
    const [one, other] = [await create(), await create()]
    await using store = one.store
    await using _ = other.store
    for (const number of [1, 2, 3]) await store.put(storedMessage(number))
    await store.put(storedMessage(4, { owner: BOB }))
    await store.apply(changeRecord(1, 9, DELETION))
    await store.delete(ALICE, [hashOf(2)])

    await other.store.apply(changeRecord(1, 9, DELETION))
    for (const number of [3, 1]) await other.store.put(storedMessage(number, { expiry: NOW }))
    expect(await other.store.digests()).not.toEqual(await store.digests())
    await other.store.put(storedMessage(4, { owner: BOB }))
    await using again = await other.reopen()
    expect(await again.digests()).toEqual(await store.digests())
    expect(new Set((await store.digests()).keys())).toEqual(new Set([bucketOf(ALICE), bucketOf(BOB)]))
  })

  test('a bucket is the upper 12 bits of the position, and its digest the XOR of the IDs of its items', async () => {
    expect(bucketOf(ALICE)).toBe(bucketOf(NEIGHBOUR))
    const { store } = await create()
    await using _ = store
    const owners = Array.from({ length: 40 }, (_, index) => parseOwner(`05${hashHex(index)}`))
    for (const [number, owner] of owners.entries()) await store.put(storedMessage(number, { owner }))
    for (const owner of owners) {
      const bucket = Number(swarmPosition(ownerBytes(owner).subarray(1)) >> 52n)
      expect((await store.itemsIn(bucket, { limit: 99 })).map((item) => item.owner)).toContain(owner)
    }
    await expectSoundDigests(store)
  })

  test('digests follow every kind of change, and end with the last item', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3, 4, 5]) await store.put(storedMessage(number, number === 5 ? { expiry: NOW } : {}))
    await store.put(storedMessage(1))
    await store.apply(changeRecord(1, 9, DELETION))
    await store.apply(changeRecord(1, 9, DELETION))
    await store.apply(changeRecord(2, 1, { kind: 'deleteAll', namespace: 'all' }))
    await store.deleteExpired(NOW, 9)
    await expectSoundDigests(store)
    expect((await store.digests()).get(bucketOf(ALICE))?.count).toBe(5)
    await store.forget(ALICE, { hashes: [2, 3, 4].map(hashOf), records: [1, 2, 99].map(recordId) })
    expect(await store.digests()).toEqual(new Map())
  })

  test('pages through the items of a bucket in the order of their IDs', async () => {
    const { store } = await create()
    await using _ = store
    const numbers = Array.from({ length: 25 }, (_, index) => index)
    for (const number of numbers) await store.put(storedMessage(number, number % 3 === 0 ? { owner: NEIGHBOUR } : {}))
    await store.put(storedMessage(99, { owner: BOB }))
    await store.apply(changeRecord(1, -1, DELETION))
    const expected = [
      ...numbers.map((number) => ({
        id: itemIdOf(hashOf(number)),
        kind: 'message',
        owner: number % 3 === 0 ? NEIGHBOUR : ALICE,
      })),
      { id: recordItemId(recordId(1)), kind: 'record', owner: ALICE },
    ].sort((a, b) => Buffer.compare(a.id, b.id))
    const first = await store.itemsIn(bucketOf(ALICE), { limit: 20 })
    const second = await store.itemsIn(bucketOf(ALICE), { after: first.at(-1)!.id, limit: 20 })
    expect(first).toHaveLength(20)
    expect([...first, ...second].map((item) => ({ ...item, id: new Uint8Array(item.id) }))).toEqual(expected)
    expect(await store.itemsIn(bucketOf(ALICE), { after: second.at(-1)!.id, limit: 20 })).toEqual([])
  })

  test('finds messages by their items', async () => {
    const { store } = await create()
    await using _ = store
    const wanted = [storedMessage(1), storedMessage(2, { owner: BOB })]
    for (const message of [...wanted, storedMessage(3)]) await store.put(message)
    await store.apply(changeRecord(1, -1, DELETION))
    const item = (number: number, owner = ALICE) => ({ bucket: bucketOf(owner), id: itemIdOf(hashOf(number)) })
    const record = { bucket: bucketOf(ALICE), id: recordItemId(recordId(1)) }
    const found = await store.messagesByItem([item(1), item(2, BOB), item(3, BOB), item(77), record])
    expect([...found].sort(byHash)).toEqual(wanted.sort(byHash))
  })

  test('forgets what it is told to, of the owner alone, with its hints and without a record', async () => {
    const { store, reopen } = await create()
    await using _ = store
    for (const number of [1, 2]) await store.put(storedMessage(number))
    await store.put(storedMessage(3, { owner: BOB }))
    await store.apply(changeRecord(1, 9, DELETION))
    await store.apply(changeRecord(2, 9, DELETION, { owner: BOB }))
    const work = { kind: 'message', owner: ALICE, hash: hashOf(1) } as const
    await store.addHints([{ member: MEMBER, work, expiry: EXPIRY }])
    await store.forget(ALICE, { hashes: [1, 3].map(hashOf), records: [1, 2].map(recordId) })
    await using again = await reopen()
    expect(await hashes(again)).toEqual([hashOf(2)])
    expect(await again.recordsOf(ALICE)).toEqual([])
    expect(await again.recordsOf(BOB)).toHaveLength(1)
    expect(await again.stats()).toMatchObject({ messages: 2, records: 1, hints: 0 })
    expect(await again.put(storedMessage(1), 'peer')).toEqual({ kind: 'stored' })
  })

  test('owners are those that have messages or records', async () => {
    const { store } = await create()
    await using _ = store
    await store.apply(changeRecord(1, 9, DELETION))
    await store.put(storedMessage(1, { owner: BOB }))
    expect(await store.owners({ limit: 9 })).toEqual([ALICE, BOB])
    await store.forget(ALICE, { hashes: [], records: [recordId(1)] })
    expect(await store.owners({ limit: 9 })).toEqual([BOB])
  })
}

async function expectSoundDigests(store: NodeStore): Promise<void> {
  for (const [bucket, { count, digest }] of await store.digests()) {
    const items = await store.itemsIn(bucket, { limit: 1e6 })
    expect(count).toBe(items.length)
    const xor = new Uint8Array(16)
    for (const { id } of items) for (let i = 0; i < 16; i++) xor[i]! ^= id[i]!
    expect(new Uint8Array(digest)).toEqual(xor)
  }
}

/** 64 digits that differ in all parts of the ring. */
function hashHex(number: number): string {
  return (number * 6151).toString(16).padStart(4, '0').repeat(16).slice(0, 62) + (number + 16).toString(16)
}
