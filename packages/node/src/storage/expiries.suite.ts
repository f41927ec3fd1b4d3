/** What every adapter of the port `NodeStore` does with changes of expiry. docs/protocol/replication.md §2. */
import { test } from 'node:test'
import { parseNamespace, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { bucketOf, itemIdOf } from './buckets.ts'
import { type Change, type ChangeRecord, RECORD_LIMITS } from './change-record.ts'
import type { ChangeOutcome, ExpireMode, NodeStore } from './node-store.ts'
import { changeRecord, recordId } from './records.suite.ts'
import { sortedTexts } from './sorted.ts'
import {
  ALICE,
  ALL,
  BOB,
  byHash,
  type CreateStore,
  EXPIRY,
  hashes,
  hashOf,
  LATER,
  MEMBER,
  storedMessage,
} from './store-fixture.suite.ts'

const OTHER = parseNamespace(5)
const NOTHING: ChangeOutcome = { deleted: [], updated: [], unchanged: [], count: 0, known: false }
const until = (offset: number) => unixMillis(EXPIRY + offset)
const expire = (mode: ExpireMode, ...expiries: (readonly [number: number, offset: number])[]): Change => ({
  kind: 'expire',
  mode,
  expiries: expiries.map(([number, offset]) => ({ hash: hashOf(number), expiry: until(offset) })),
})
const expireAll = (namespace: typeof OTHER | 'all', offset: number): Change => ({
  kind: 'expireAll',
  namespace,
  expiry: until(offset),
})
/** By how much the expiry that holds differs from `EXPIRY`. */
async function offsetOf(store: NodeStore, number: number): Promise<number | undefined> {
  const expiry = (await store.expiries(ALICE, [hashOf(number)])).get(hashOf(number))
  return expiry === undefined ? undefined : expiry - EXPIRY
}
const keptIds = async (store: NodeStore) => sortedTexts((await store.recordsOf(ALICE)).map(({ id }) => id))
const ids = (...numbers: number[]) => sortedTexts(numbers.map(recordId))

export function describeExpiries(create: CreateStore): void {
  describeModes(create)
  describeOrder(create)
  describeKeeping(create)
}

function describeModes(create: CreateStore): void {
  test('sets, shortens and extends expiries, and says which it changed', async () => {
    const { store, reopen } = await create()
    await using _ = store
    for (const number of [1, 2]) await store.put(storedMessage(number))
    const entries = (first: number, second: number) =>
      [
        { hash: hashOf(1), expiry: until(first) },
        { hash: hashOf(2), expiry: until(second) },
      ].sort(byHash)
    const placed = (first: number, second: number) =>
      entries(first, second).map((entry) => ({ ...entry, namespace: ALL.namespace }))
    let number = 10
    const apply = (mode: ExpireMode, first: number, second = first) =>
      store.apply(changeRecord(number, number++, expire(mode, [1, first], [2, second], [99, first])))
    for (const [mode, offset] of [
      ['shorten', 5],
      ['shorten', 0],
      ['extend', 0],
      ['extend', -5],
    ] as const) {
      expect(await apply(mode, offset)).toEqual({ ...NOTHING, unchanged: entries(0, 0) })
    }
    expect(await apply('extend', -5, 5)).toEqual({
      ...NOTHING,
      updated: placed(0, 5).filter(({ hash }) => hash === hashOf(2)),
      unchanged: entries(0, 5).filter(({ hash }) => hash === hashOf(1)),
    })
    expect(await apply('shorten', -9)).toEqual({ ...NOTHING, updated: placed(-9, -9) })
    expect(await apply('set', -9)).toEqual({ ...NOTHING, updated: placed(-9, -9) })
    await using again = await reopen()
    expect([await offsetOf(again, 1), await offsetOf(again, 2)]).toEqual([-9, -9])
  })

  test("leaves another owner's expiries alone and does not tell them", async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    const record = changeRecord(1, 9, expire('set', [1, -9]), { owner: BOB })
    expect(await store.apply(record)).toEqual(NOTHING)
    expect(await store.expiries(BOB, [hashOf(1)])).toEqual(new Map())
    expect(await offsetOf(store, 1)).toBe(0)
  })

  test('shortens the life of all messages of a namespace, or of all, and names those it changed', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3]) await store.put(storedMessage(number))
    await store.put(storedMessage(4, { namespace: OTHER }))
    await store.put(storedMessage(5, { expiry: LATER }))
    await store.put(storedMessage(6, { owner: BOB }))
    const changed = (numbers: number[], expiry: number) => ({
      ...NOTHING,
      updated: numbers
        .map((number) => ({ hash: hashOf(number), namespace: number === 4 ? OTHER : ALL.namespace, expiry }))
        .sort(byHash),
    })
    const early: Change = { kind: 'expireAll', namespace: 'all', expiry: LATER }
    expect(await store.apply(changeRecord(1, 9, expireAll(ALL.namespace, -1)))).toEqual(changed([1, 2, 3], until(-1)))
    expect(await store.apply(changeRecord(2, 10, expireAll('all', 0)))).toEqual(NOTHING)
    expect(await store.apply(changeRecord(3, 11, early))).toEqual(changed([1, 2, 3, 4], LATER))
    expect(await store.expiries(BOB, [hashOf(6)])).toEqual(new Map([[hashOf(6), EXPIRY]]))
    expect(await hashes(store, { now: LATER })).toEqual([])
  })

  test('other members are told of the longest expiry, since what shortened it comes with its record', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2]) await store.put(storedMessage(number))
    await store.addHints([{ member: MEMBER, expiry: EXPIRY, work: { kind: 'message', owner: ALICE, hash: hashOf(1) } }])
    await store.apply(changeRecord(1, 9, expire('set', [1, -9], [2, 9])))
    const items = [1, 2].map((number) => ({ bucket: bucketOf(ALICE), id: itemIdOf(hashOf(number)) }))
    const told = await store.messagesByItem(items)
    expect(told).toEqual([storedMessage(1), storedMessage(2, { expiry: until(9) })])
    const [hint] = await store.dueHints({ member: MEMBER, now: ALL.now, limit: 9 })
    expect(hint!.work).toEqual({ kind: 'message', message: storedMessage(1) })
    expect((await store.retrieve(ALL)).messages[0]).toEqual(storedMessage(1, { expiry: until(-9) }))
  })
}

const MODES = ['set', 'shorten', 'extend'] as const
const offsets = fc.integer({ min: -9, max: 9 })
const changes = fc.oneof(
  fc
    .tuple(fc.constantFrom(...MODES), offsets, offsets)
    .map(([mode, first, second]) => expire(mode, [1, first], [2, second])),
  fc.tuple(fc.constantFrom(...MODES), offsets).map(([mode, first]) => expire(mode, [1, first])),
  fc
    .tuple(fc.constantFrom(ALL.namespace, OTHER, 'all' as const), offsets)
    .map(([where, offset]) => expireAll(where as 'all', offset)),
)

function describeOrder(create: CreateStore): void {
  test('an earlier change that comes late counts as if it had come first', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2]) await store.put(storedMessage(number))
    await store.apply(changeRecord(1, 30, expire('extend', [1, 8], [2, 1])))
    expect(await offsetOf(store, 1)).toBe(8)
    await store.apply(changeRecord(2, 20, expire('shorten', [1, -8], [2, -8])))
    expect([await offsetOf(store, 1), await offsetOf(store, 2)]).toEqual([8, 1])
    await store.apply(changeRecord(3, 40, expireAll('all', 4)))
    await store.apply(changeRecord(4, 35, expire('set', [1, 9], [2, 2])))
    expect([await offsetOf(store, 1), await offsetOf(store, 2)]).toEqual([4, 2])
  })

  test('messages and changes of expiry come to the same in whatever order they come', async () => {
    const { store } = await create()
    await using _ = store
    const arrivals = fc.tuple(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), changes), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 2 }),
      fc.infiniteStream(fc.nat(999)),
    )
    const property = fc.asyncProperty(arrivals, async ([planned, stores, dice]) => {
      const records = planned.map(([at, change], index) => changeRecord(index, at, change))
      const puts = stores.flatMap((at) =>
        [1, 2].map((number) =>
          storedMessage(number, { expiry: until(at % 3), storedAt: unixMillis(ALL.now + at), authorisation: NONE }),
        ),
      )
      const outcomes = []
      for (let order = 0; order < 3; order++) {
        const works = [
          ...records.map((record) => () => store.apply(record)),
          ...puts.map((message) => () => store.put(message, 'peer')),
        ]
        const mixed = works.map((work) => ({ work, place: dice.next().value! })).sort((a, b) => a.place - b.place)
        for (const { work } of mixed) await work()
        const kept = await keptIds(store)
        outcomes.push([await offsetOf(store, 1), await offsetOf(store, 2), kept])
        await store.forget(ALICE, { hashes: [1, 2].map(hashOf), records: kept })
      }
      expect(outcomes[1]).toEqual(outcomes[0])
      expect(outcomes[2]).toEqual(outcomes[0])
    })
    await fc.assert(property, { numRuns: 100 })
  })

  test('what is stored again is not told less than before, and only later changes shorten it', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    await store.apply(changeRecord(1, 10, expire('shorten', [1, -9])))
    await store.apply(changeRecord(2, 11, expire('extend', [1, 7])))
    await store.apply(changeRecord(3, 12, expire('shorten', [1, 2])))
    expect(await offsetOf(store, 1)).toBe(2)
    const again = storedMessage(1, { storedAt: unixMillis(ALL.now + 20), expiry: until(1) })
    expect(await store.put(again)).toEqual({ kind: 'existed', expiry: until(7) })
    await store.apply(changeRecord(4, 19, expireAll('all', -3)))
    expect(await offsetOf(store, 1)).toBe(7)
    await store.apply(changeRecord(5, 20, expireAll('all', -3)))
    expect(await offsetOf(store, 1)).toBe(-3)
  })
}

const NONE = new Uint8Array()

function describeKeeping(create: CreateStore): void {
  test('a change that makes no difference beside another is not kept, whichever comes first', async () => {
    const apply = async (...records: ChangeRecord[]) => {
      const { store } = await create()
      await using _ = store
      await store.put(storedMessage(1))
      for (const record of records) await store.apply(record)
      return { kept: await keptIds(store), offset: await offsetOf(store, 1), digests: (await store.digests()).size }
    }
    const cases: readonly (readonly [Change, Change, kept: number[], offset: number])[] = [
      [expire('extend', [1, 2]), expire('extend', [1, 3]), [2], 3],
      [expire('extend', [1, 2]), expire('extend', [1, 1]), [1, 2], 2],
      [expire('extend', [1, 2], [2, 2]), expire('extend', [1, 3]), [1, 2], 3],
      [expire('shorten', [1, -1]), expire('shorten', [1, -2]), [2], -2],
      [expire('shorten', [1, -1]), expire('extend', [1, 2]), [1, 2], 2],
      [expire('extend', [1, 2]), expire('set', [1, -5], [3, 4]), [2], -5],
      [expire('set', [1, -5]), expire('extend', [1, 2]), [1, 2], 2],
      [expireAll(OTHER, 5), expireAll('all', -1), [2], -1],
      [expireAll('all', -3), expireAll(ALL.namespace, -5), [1, 2], -5],
    ]
    for (const [first, second, kept, offset] of cases) {
      const records = [changeRecord(1, 5, first), changeRecord(2, 6, second)]
      const expected = { kept: ids(...kept), offset, digests: 1 }
      expect(await apply(...records)).toEqual(expected)
      expect(await apply(...records.toReversed())).toEqual(expected)
    }
  })

  test('a change that is gone leaves what it did', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    const record = changeRecord(1, 5, expire('shorten', [1, -5]), { expiry: LATER })
    await store.apply(record)
    expect(await store.apply(record)).toEqual({ ...NOTHING, known: true })
    await store.apply(changeRecord(2, 6, expireAll(OTHER, -7)))
    await store.forget(ALICE, { hashes: [], records: [recordId(2)] })
    expect(await store.deleteExpired(LATER, 9)).toBe(1)
    expect(await store.stats()).toMatchObject({ messages: 1, records: 0 })
    expect(await offsetOf(store, 1)).toBe(-5)
  })

  test('keeps a bounded number of changes of whole namespaces: the newest', async () => {
    const { store } = await create()
    await using _ = store
    const count = RECORD_LIMITS.expiryOfAll.records + 2
    // Each lets live what the one before it would not have, so that none makes another superfluous.
    for (let number = 1; number <= count; number++) {
      await store.apply(changeRecord(number, number, expireAll('all', number)))
    }
    expect(await keptIds(store)).toEqual(ids(...Array.from({ length: count - 2 }, (_, index) => index + 3)))
  })
}
