/** What every adapter of the port `NodeStore` does with change records. */
import { test } from 'node:test'
import {
  encodeRecordId,
  parseNamespace,
  parseOwner,
  type RecordId,
  type SubaccountToken,
  unixMillis,
} from '@starling/protocol'
import { expect } from 'expect'
import {
  type Change,
  type ChangeRecord,
  changeExpiry,
  MAX_REVOKED_TOKENS,
  RECORD_LIMITS,
  tokenText,
} from './change-record.ts'
import type { NodeStore } from './node-store.ts'
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
  MEMBER,
  NOW,
  storedMessage,
} from './store-fixture.suite.ts'

const DAY = 86_400_000
const OTHER = parseNamespace(5)

/** Messages get `storedAt` = `NOW` + their number, so `at` says which of them a record finds. */
export function changeRecord(
  number: number,
  at: number,
  change: Change,
  rest: Partial<ChangeRecord> = {},
): ChangeRecord {
  const time = unixMillis(NOW + at)
  const request = new TextEncoder().encode(`request ${number}`)
  return {
    id: recordId(number),
    owner: ALICE,
    at: time,
    expiry: changeExpiry(change.kind, time),
    request,
    change,
    ...rest,
  }
}

/** An ID that differs for every number up to 2^32 − 1. */
export function recordId(number: number): RecordId {
  const bytes = new Uint8Array(16).fill(9)
  new DataView(bytes.buffer).setUint32(0, Math.imul(number, 0x9e3779b1))
  return encodeRecordId(bytes)
}

export function token(number: number): SubaccountToken {
  return new Uint8Array(36).fill(number) as SubaccountToken
}

const deletion = (...numbers: number[]): Change => ({ kind: 'delete', hashes: numbers.map(hashOf) })
const revoke = (...numbers: number[]): Change => ({ kind: 'revoke', tokens: numbers.map(token) })
const unrevoke = (...numbers: number[]): Change => ({ kind: 'unrevoke', tokens: numbers.map(token) })
const outcome = (...numbers: number[]) => ({
  deleted: numbers.map((number) => ({ hash: hashOf(number), namespace: ALL.namespace })).sort(byHash),
  updated: [],
  unchanged: [],
  count: 0,
  known: false,
})
const revokedNumbers = async (store: NodeStore): Promise<number[]> =>
  [...(await store.revokedTokens(ALICE)).keys()].map((text) => Number.parseInt(text.slice(0, 2), 16))

export function describeChangeRecords(create: CreateStore): void {
  describeDeletions(create)
  describeRevocations(create)
  describeKeeping(create)
}

function describeDeletions(create: CreateStore): void {
  test('a deletion names what it deleted, and is kept', async () => {
    const { store, reopen } = await create()
    await using _ = store
    for (const number of [1, 2, 3]) await store.put(storedMessage(number))
    await store.put(storedMessage(4, { owner: BOB }))
    const record = changeRecord(1, 10, deletion(3, 1, 4, 99, 3))
    expect(await store.apply(record)).toEqual(outcome(1, 3))
    expect(await store.apply(record)).toEqual({ ...outcome(), known: true })
    await using again = await reopen()
    expect(await hashes(again)).toEqual([hashOf(2)])
    expect(await hashes(again, { owner: BOB })).toEqual([hashOf(4)])
    expect(await again.recordsOf(ALICE)).toEqual([record])
    expect(await again.recordsById([recordId(1), recordId(2)])).toEqual([record])
    expect(await again.stats()).toMatchObject({ messages: 2, records: 1 })
  })

  test('a deletion leaves what was stored after it', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3]) await store.put(storedMessage(number))
    expect(await store.apply(changeRecord(1, 2, deletion(1, 2, 3)))).toEqual(outcome(1, 2))
    expect(await store.apply(changeRecord(2, 2, { kind: 'deleteAll', namespace: 'all' }))).toEqual(outcome())
    expect(await hashes(store)).toEqual([hashOf(3)])
  })

  test('deletes a namespace, or everything, or what is not younger than a time', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3, 4]) await store.put(storedMessage(number))
    for (const number of [5, 6]) await store.put(storedMessage(number, { namespace: OTHER }))
    const all = (namespace: typeof OTHER | 'all', before?: number): Change => {
      return { kind: 'deleteAll', namespace, ...(before !== undefined && { before: unixMillis(before) }) }
    }
    // The timestamp of message n is NOW − n.
    expect(await store.apply(changeRecord(1, 10, all(ALL.namespace, NOW - 3)))).toEqual(outcome(3, 4))
    expect(await store.apply(changeRecord(2, 10, all('all', NOW - 6)))).toEqual({
      ...outcome(),
      deleted: [{ hash: hashOf(6), namespace: OTHER }],
    })
    expect(await store.apply(changeRecord(3, 10, all(ALL.namespace)))).toEqual(outcome(1, 2))
    expect((await store.apply(changeRecord(4, 10, all('all')))).deleted).toEqual([
      { hash: hashOf(5), namespace: OTHER },
    ])
    expect(await store.recordsOf(ALICE)).toHaveLength(4)
  })

  test('what was deleted does not come back from a peer, but what was stored later does', async () => {
    const { store, reopen } = await create()
    await using _ = store
    await store.apply(changeRecord(1, 5, deletion(1, 7)))
    await store.apply(changeRecord(2, 3, { kind: 'deleteAll', namespace: OTHER, before: unixMillis(NOW - 2) }))
    await using again = await reopen()
    const put = (number: number, change = {}) => again.put(storedMessage(number, change), 'peer')
    expect(await put(1)).toEqual({ kind: 'deleted' })
    expect(await put(7)).toEqual({ kind: 'stored' })
    expect(await put(2)).toEqual({ kind: 'stored' })
    expect(await put(3, { namespace: OTHER })).toEqual({ kind: 'deleted' })
    expect(await put(4, { namespace: OTHER })).toEqual({ kind: 'stored' })
    expect(await put(1, { owner: BOB, hash: hashOf(8) })).toEqual({ kind: 'stored' })
    expect(await hashes(again)).toEqual([7, 2].map(hashOf))
    expect(
      await again.put(storedMessage(7, { storedAt: unixMillis(NOW), expiry: unixMillis(EXPIRY + 9) }), 'peer'),
    ).toEqual({
      kind: 'existed',
      expiry: EXPIRY,
    })
  })

  test('what a client stores again is there, whatever its clock and the clocks of members say', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    await store.apply(changeRecord(1, 50, deletion(1)))
    await store.apply(changeRecord(2, 40, { kind: 'deleteAll', namespace: 'all' }))
    expect(await store.put(storedMessage(1))).toEqual({ kind: 'stored' })
    expect((await store.retrieve(ALL)).messages).toEqual([storedMessage(1, { storedAt: unixMillis(NOW + 51) })])
    expect(await store.put(storedMessage(2))).toEqual({ kind: 'stored' })
    expect((await store.retrieve(ALL)).messages[1]).toEqual(storedMessage(2, { storedAt: unixMillis(NOW + 41) }))
    expect(await store.apply(changeRecord(3, 45, deletion(1, 2)))).toEqual(outcome(2))
    await store.put(storedMessage(1, { storedAt: unixMillis(NOW + 90) }))
    expect(await store.apply(changeRecord(4, 80, deletion(1)))).toEqual(outcome())
  })

  test('a message that is stored again keeps what authorised that', async () => {
    const { store } = await create()
    await using _ = store
    const at = (time: number) => ({ storedAt: unixMillis(NOW + time), authorisation: new Uint8Array([time]) })
    await store.put(storedMessage(1, at(10)))
    await store.put(storedMessage(1, at(20)))
    await store.put(storedMessage(1, at(15)), 'peer')
    expect((await store.retrieve(ALL)).messages).toEqual([storedMessage(1, at(20))])
  })

  test('a deletion takes the hints for its messages along', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    const work = { kind: 'message', owner: ALICE, hash: hashOf(1) } as const
    await store.addHints([{ member: MEMBER, work, expiry: EXPIRY }])
    await store.apply(changeRecord(1, 5, deletion(1)))
    expect(await store.hintedMembers(NOW)).toEqual([])
    expect(await store.stats()).toMatchObject({ hints: 0 })
  })
}

function describeRevocations(create: CreateStore): void {
  test('of a token the latest record counts, in whatever order they come, and at the same time the revocation', async () => {
    const { store, reopen } = await create()
    await using _ = store
    await store.apply(changeRecord(1, 5, revoke(1, 2, 3)))
    expect(await store.apply(changeRecord(2, 7, unrevoke(1, 1, 9)))).toEqual({ ...outcome(), count: 1 })
    expect(await store.apply(changeRecord(3, 4, unrevoke(2)))).toEqual(outcome())
    expect(await store.apply(changeRecord(4, 5, unrevoke(3)))).toEqual(outcome())
    await store.apply(changeRecord(5, 6, revoke(1)))
    await store.apply(changeRecord(6, 9, revoke(4), { owner: BOB }))
    await using again = await reopen()
    const since = unixMillis(NOW + 5)
    expect(await again.revokedTokens(ALICE)).toEqual(new Map([2, 3].map((number) => [tokenText(token(number)), since])))
    expect(await again.revokedTokens(parseOwner(`05${'cc'.repeat(32)}`))).toEqual(new Map())
  })

  test('the newest revoked tokens count, and withdrawals make room for older ones', async () => {
    const { store } = await create()
    await using _ = store
    const limit = MAX_REVOKED_TOKENS
    await store.apply(changeRecord(1, 1, revoke(200, 201)))
    const numbers = Array.from({ length: limit }, (_, index) => index)
    for (const number of numbers) await store.apply(changeRecord(number + 10, number + 10, revoke(number)))
    expect(await revokedNumbers(store)).toEqual(numbers.toReversed())
    expect(await store.apply(changeRecord(2, 100, unrevoke(0, 200)))).toEqual({ ...outcome(), count: 1 })
    expect(await revokedNumbers(store)).toEqual([...numbers.slice(1).toReversed(), 201])
  })

  test('revocations survive an empty account, and outlive their term as long as there are messages', async () => {
    const { store } = await create()
    await using _ = store
    const record = changeRecord(1, 0, revoke(1))
    await store.apply(record)
    await store.put(storedMessage(1))
    await store.delete(ALICE, [hashOf(1)])
    expect(await revokedNumbers(store)).toEqual([1])
    await store.put(storedMessage(2, { expiry: unixMillis(record.expiry + 9 * DAY) }))
    expect(await store.deleteExpired(record.expiry, 9)).toBe(0)
    expect(await revokedNumbers(store)).toEqual([1])
    expect(await store.deleteExpired(unixMillis(record.expiry + 9 * DAY), 9)).toBe(2)
    expect(await revokedNumbers(store)).toEqual([])
    expect(await store.owners({ limit: 9 })).toEqual([])
  })
}

function describeKeeping(create: CreateStore): void {
  test('deletions go when they have expired, and then what they deleted may come', async () => {
    const { store } = await create()
    await using _ = store
    const record = changeRecord(1, 5, deletion(1))
    await store.apply(record)
    expect(await store.deleteExpired(unixMillis(record.expiry - 1), 9)).toBe(0)
    expect(await store.put(storedMessage(1), 'peer')).toEqual({ kind: 'deleted' })
    expect(await store.deleteExpired(record.expiry, 9)).toBe(1)
    expect(await store.recordsOf(ALICE)).toEqual([])
    expect(await store.put(storedMessage(1), 'peer')).toEqual({ kind: 'stored' })
  })

  test('keeps a bounded number of records of an owner: the newest, in whatever order they come', async () => {
    const { store } = await create()
    await using _ = store
    const count = RECORD_LIMITS.revocation.records + 3
    const order = Array.from({ length: count }, (_, index) => ((index * 11) % count) + 1)
    await Promise.all(order.map((number) => store.apply(changeRecord(number, number, revoke(number % 100)))))
    const kept = sortedTexts((await store.recordsOf(ALICE)).map(({ id }) => id))
    const newest = Array.from({ length: RECORD_LIMITS.revocation.records }, (_, index) => recordId(index + 4))
    expect(kept).toEqual(sortedTexts(newest))

    const request = new Uint8Array(1024 * 1024)
    const room = RECORD_LIMITS.deletion.bytes / request.length
    const deletions = Array.from({ length: room + 2 }, (_, index) => 1000 + index)
    for (const number of deletions) await store.apply(changeRecord(number, number, deletion(number), { request }))
    const ids = new Set((await store.recordsOf(ALICE)).map(({ id }) => id))
    expect(deletions.filter((number) => !ids.has(recordId(number)))).toEqual([1000, 1001])
    expect(await store.put(storedMessage(1001, { storedAt: NOW }), 'peer')).toEqual({ kind: 'stored' })
    expect(await store.put(storedMessage(1002, { storedAt: NOW }), 'peer')).toEqual({ kind: 'deleted' })
    expect((await store.stats()).records).toBe(RECORD_LIMITS.revocation.records + room)
  })

  test('hands out hints for records, one for each member, which go together with the record', async () => {
    const { store, reopen } = await create()
    await using _ = store
    const record = changeRecord(1, 5, deletion(1))
    await store.apply(record)
    const hint = (number: number) =>
      ({ member: MEMBER, work: { kind: 'record', id: recordId(number) }, expiry: EXPIRY }) as const
    await store.addHints([hint(1), hint(2), hint(1)])
    await using again = await reopen()
    const due = await again.dueHints({ member: MEMBER, now: NOW, limit: 9 })
    expect(due.map(({ work }) => work)).toEqual([{ kind: 'record', record }])
    await again.deleteExpired(record.expiry, 9)
    expect(await again.hintedMembers(NOW)).toEqual([])
    expect(await again.stats()).toMatchObject({ hints: 0, records: 0 })
  })
}
