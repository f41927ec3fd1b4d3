/** What every adapter of the port `NodeStore` does. */
import { describe, test } from 'node:test'
import { parseNamespace, parseNodeId, parseOwner, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import { describeComparison } from './comparison.suite.ts'
import { describeExpiries } from './expiries.suite.ts'
import { HINT_BUDGET, type NewHint, type NodeStore, type RetrieveQuery, retrieveCost } from './node-store.ts'
import { changeRecord, describeChangeRecords } from './records.suite.ts'
import { sortedTexts } from './sorted.ts'
import {
  ALICE,
  ALL,
  BOB,
  type CreateStore,
  EXPIRY,
  hashes,
  hashOf,
  LATER,
  MEMBER,
  NOW,
  storedMessage,
} from './store-fixture.suite.ts'

const OTHER_MEMBER = parseNodeId('22'.repeat(32))

export function describeNodeStore(name: string, create: CreateStore): void {
  describe(name, () => {
    describeRetrieval(create)
    describeChanges(create)
    describeHints(create)
    describeChangeRecords(create)
    describeExpiries(create)
    describeComparison(create)
    describeTheRest(create)
  })
}

function describeRetrieval(create: CreateStore): void {
  test('returns messages as they were put, in the order of arrival', async () => {
    const { store } = await create()
    await using _ = store
    const messages = [3, 1, 2].map((number) => storedMessage(number))
    for (const message of messages) expect(await store.put(message)).toEqual({ kind: 'stored' })
    expect(await store.retrieve(ALL)).toEqual({ messages, more: false })
  })

  test('keeps owners and namespaces apart', async () => {
    const { store } = await create()
    await using _ = store
    const inbox = storedMessage(1)
    const private_ = storedMessage(2, { namespace: parseNamespace(-10) })
    const bobs = storedMessage(3, { owner: BOB })
    await Promise.all([inbox, private_, bobs].map((message) => store.put(message)))
    expect((await store.retrieve(ALL)).messages).toEqual([inbox])
    expect((await store.retrieve({ ...ALL, namespace: parseNamespace(-10) })).messages).toEqual([private_])
    expect((await store.retrieve({ ...ALL, owner: BOB })).messages).toEqual([bobs])
    expect(await store.retrieve({ ...ALL, namespace: parseNamespace(5) })).toEqual({ messages: [], more: false })
  })

  test('returns what arrived after the cursor, also when the cursor has expired', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3]) await store.put(storedMessage(number, { expiry: number === 2 ? LATER : EXPIRY }))
    expect(await hashes(store, { after: hashOf(1) })).toEqual([hashOf(2), hashOf(3)])
    expect(await hashes(store, { after: hashOf(2), now: LATER })).toEqual([hashOf(3)])
    expect(await hashes(store, { after: hashOf(3) })).toEqual([])
  })

  test('starts from the beginning for a cursor that is unknown, deleted or of another place', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3]) await store.put(storedMessage(number))
    await store.put(storedMessage(4, { owner: BOB }))
    await store.put(storedMessage(5, { namespace: parseNamespace(3) }))
    await store.delete(ALICE, [hashOf(3)])
    for (const after of [99, 3, 4, 5].map(hashOf))
      expect(await hashes(store, { after })).toEqual([hashOf(1), hashOf(2)])
  })

  test('returns the newest first on demand, and what arrived before the cursor', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3, 4]) await store.put(storedMessage(number, { expiry: number === 3 ? LATER : EXPIRY }))
    await store.put(storedMessage(5, { namespace: parseNamespace(3) }))
    const reverse = true
    expect(await hashes(store, { reverse })).toEqual([4, 3, 2, 1].map(hashOf))
    expect(await hashes(store, { reverse, after: hashOf(3) })).toEqual([2, 1].map(hashOf))
    expect(await hashes(store, { reverse, after: hashOf(1) })).toEqual([])
    expect(await hashes(store, { reverse, after: hashOf(5), now: LATER })).toEqual([4, 2, 1].map(hashOf))
    expect(await sizeAndMore(store, { reverse, countLimit: 3 })).toEqual([3, true])
  })

  test('fills the size budget to the byte and says that there is more', async () => {
    const { store } = await create()
    await using _ = store
    const data = new Uint8Array(1000)
    for (const number of [1, 2, 3]) await store.put(storedMessage(number, { data }))
    const budgetOfTwo = 2 * retrieveCost(1000)
    expect(budgetOfTwo).toBe(2 * (100 + 43 + 1333))
    expect(await sizeAndMore(store, { sizeBudget: budgetOfTwo })).toEqual([2, true])
    expect(await sizeAndMore(store, { sizeBudget: budgetOfTwo - 1 })).toEqual([1, true])
    expect(await sizeAndMore(store, { sizeBudget: 1 })).toEqual([1, true])
    expect(await sizeAndMore(store, { sizeBudget: 1, after: hashOf(2) })).toEqual([1, false])
    expect(await sizeAndMore(store, { countLimit: 2 })).toEqual([2, true])
    expect(await sizeAndMore(store, { countLimit: 3 })).toEqual([3, false])
  })

  test('does not return expired messages, nor count them as more', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1, { expiry: LATER }))
    await store.put(storedMessage(2))
    await store.put(storedMessage(3, { expiry: LATER }))
    expect(await hashes(store, { now: NOW })).toHaveLength(3)
    expect(await hashes(store, { now: LATER })).toEqual([hashOf(2)])
    expect(await sizeAndMore(store, { now: LATER, countLimit: 1 })).toEqual([1, false])
  })

  test('holds a message of the greatest size and one without data', async () => {
    const { store, reopen } = await create()
    await using _ = store
    const large = storedMessage(1, { data: new Uint8Array(76_800).fill(255) })
    const empty = storedMessage(2, { data: new Uint8Array(), authorisation: new Uint8Array() })
    await Promise.all([store.put(large), store.put(empty)])
    await using again = await reopen()
    expect((await again.retrieve(ALL)).messages).toEqual([large, empty])
  })
}

function describeChanges(create: CreateStore): void {
  test('a message that exists keeps its place, and the later of the two expiries', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    await store.put(storedMessage(2))
    expect(await store.put(storedMessage(1, { expiry: LATER }))).toEqual({ kind: 'existed', expiry: EXPIRY })
    const extended = unixMillis(EXPIRY + 1)
    expect(await store.put(storedMessage(1, { expiry: extended }))).toEqual({ kind: 'existed', expiry: extended })
    expect((await store.retrieve(ALL)).messages).toEqual([storedMessage(1, { expiry: extended }), storedMessage(2)])
  })

  test('of the same message put twice at once, one is stored and one existed', async () => {
    const { store } = await create()
    await using _ = store
    const outcomes = await Promise.all([store.put(storedMessage(1)), store.put(storedMessage(1))])
    expect(outcomes).toEqual([{ kind: 'stored' }, { kind: 'existed', expiry: EXPIRY }])
  })

  test('deletes what belongs to the owner and names it, sorted', async () => {
    const { store, reopen } = await create()
    await using _ = store
    for (const number of [1, 2, 3, 5, 6, 7]) await store.put(storedMessage(number))
    await store.put(storedMessage(4, { owner: BOB }))
    const asked = [7, 6, 5, 3, 99, 4, 1, 3].map(hashOf)
    const deleted = sortedTexts([1, 3, 5, 6, 7].map(hashOf))
    expect(deleted).not.toEqual([7, 6, 5, 3, 1].map(hashOf))
    expect(await store.delete(ALICE, asked)).toEqual(deleted)
    expect(await store.delete(ALICE, asked)).toEqual([])
    await using again = await reopen()
    expect(await hashes(again)).toEqual([hashOf(2)])
    expect(await hashes(again, { owner: BOB })).toEqual([hashOf(4)])
  })

  test('takes no more of a client than an owner may have, of peers twice as much, and what is deleted makes room', async () => {
    const { store } = await create({ maxOwnerMessages: 2, maxOwnerBytes: 10_000 })
    await using _ = store
    const full = { name: 'NodeStoreError', code: 'owner_full' }
    for (const number of [1, 2]) await store.put(storedMessage(number))
    const outcomes = await Promise.allSettled([3, 1].map((number) => store.put(storedMessage(number))))
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: full },
      { status: 'fulfilled', value: { kind: 'existed' } },
    ])
    expect(await store.put(storedMessage(4, { owner: BOB, data: new Uint8Array(9_998) }))).toEqual({ kind: 'stored' })
    await expect(store.put(storedMessage(5, { owner: BOB, data: new Uint8Array(1) }))).rejects.toMatchObject(full)
    for (const number of [3, 6]) expect(await store.put(storedMessage(number), 'peer')).toEqual({ kind: 'stored' })
    await expect(store.put(storedMessage(7), 'peer')).rejects.toMatchObject(full)
    await store.delete(ALICE, [1, 2, 3].map(hashOf))
    expect(await store.put(storedMessage(8))).toEqual({ kind: 'stored' })
    await expect(store.put(storedMessage(9))).rejects.toMatchObject(full)
    expect(await hashes(store)).toEqual([6, 8].map(hashOf))
    const charlie = parseOwner(`05${'cc'.repeat(32)}`)
    const large = storedMessage(10, { owner: charlie, data: new Uint8Array(20_000) })
    await expect(store.put(large)).rejects.toMatchObject(full)
    expect(await store.owners({ limit: 9 })).toEqual([ALICE, BOB])
  })

  test('deletes expired messages and hints, a bounded number at a time', async () => {
    const { store } = await create()
    await using _ = store
    for (const number of [1, 2, 3, 4]) await store.put(storedMessage(number, { expiry: number === 4 ? EXPIRY : LATER }))
    await store.addHints([requestHint(1, { expiry: LATER }), requestHint(2)])
    expect(await store.deleteExpired(NOW, 10)).toBe(0)
    expect(await store.deleteExpired(LATER, 2)).toBe(2)
    expect(await store.deleteExpired(LATER, 10)).toBe(2)
    expect(await store.deleteExpired(LATER, 10)).toBe(0)
    expect(await store.stats()).toMatchObject({ messages: 1, hints: 1 })
  })
}

function describeHints(create: CreateStore): void {
  test('hands out hints of a member, oldest first, with the message as it is now', async () => {
    const { store, reopen } = await create()
    await using _ = store
    for (const number of [1, 2]) await store.put(storedMessage(number))
    await store.addHints([messageHint(2), requestHint(7)])
    await store.addHints([messageHint(1), messageHint(1, { member: OTHER_MEMBER })])
    const longer = unixMillis(EXPIRY + 1)
    const expiries = [{ hash: hashOf(1), expiry: longer }]
    await store.apply(changeRecord(1, 9, { kind: 'expire', mode: 'set', expiries }))
    await using again = await reopen()
    const hints = await again.dueHints({ member: MEMBER, now: NOW, limit: 10 })
    expect(hints.map(({ member, work, attempts }) => ({ member, work, attempts }))).toEqual([
      { member: MEMBER, attempts: 0, work: { kind: 'message', message: storedMessage(2) } },
      { member: MEMBER, attempts: 0, work: { kind: 'request', request: new Uint8Array([7]) } },
      { member: MEMBER, attempts: 0, work: { kind: 'message', message: storedMessage(1, { expiry: longer }) } },
    ])
    expect(await again.hintedMembers(NOW)).toEqual([MEMBER, OTHER_MEMBER])
  })

  test('keeps one hint for a message and a member, and every request', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    await store.addHints([messageHint(1), messageHint(1), requestHint(7), requestHint(7)])
    await store.addHints([messageHint(1)])
    expect(await dueIds(store)).toHaveLength(3)
    expect(await store.stats()).toMatchObject({ hints: 3 })
  })

  test('postpones hints, counts the attempts, and puts them behind those that never failed', async () => {
    const { store } = await create()
    await using _ = store
    await store.addHints([requestHint(1), requestHint(2), requestHint(3)])
    const [first, second, third] = await dueIds(store)
    await store.postponeHints([first!, 999_999], LATER)
    expect(await dueIds(store)).toEqual([second, third])
    expect(await dueIds(store, LATER)).toEqual([second, third, first])
    expect((await store.dueHints({ member: MEMBER, now: LATER, limit: 9 })).map((hint) => hint.attempts)).toEqual([
      0, 0, 1,
    ])
    expect(await store.hintedMembers(NOW)).toEqual([MEMBER])
  })

  test('settles hints for good and never gives their IDs again', async () => {
    const { store, reopen } = await create()
    await using _ = store
    await store.addHints([requestHint(1), requestHint(2)])
    const [first, second] = await dueIds(store)
    await store.settleHints([second!, 999_999])
    await using again = await reopen()
    await again.addHints([requestHint(3)])
    const ids = await dueIds(again)
    expect(ids).toHaveLength(2)
    expect(ids[0]).toBe(first)
    expect(ids[1]).not.toBe(second)
    expect(await again.stats()).toMatchObject({ hints: 2 })
  })

  test('drops hints together with their message', async () => {
    const { store } = await create()
    await using _ = store
    await store.put(storedMessage(1))
    await store.put(storedMessage(2, { expiry: LATER }))
    await store.addHints([messageHint(1), messageHint(2), messageHint(99), messageHint(1, { member: OTHER_MEMBER })])
    expect(await dueIds(store)).toHaveLength(2)
    expect(await dueIds(store, LATER)).toHaveLength(1)
    await store.delete(ALICE, [hashOf(1)])
    await store.deleteExpired(LATER, 10)
    expect(await store.hintedMembers(NOW)).toEqual([])
    expect(await store.stats()).toMatchObject({ messages: 0, hints: 0 })
  })

  test('drops the hints of a member that left, and does not hand out expired ones', async () => {
    const { store } = await create()
    await using _ = store
    await store.addHints([requestHint(1), requestHint(2, { member: OTHER_MEMBER, expiry: LATER })])
    await store.dropHintsOf(MEMBER)
    expect(await store.hintedMembers(NOW)).toEqual([OTHER_MEMBER])
    expect(await store.hintedMembers(LATER)).toEqual([])
    expect(await store.dueHints({ member: OTHER_MEMBER, now: LATER, limit: 10 })).toEqual([])
  })

  test('bounds an answer by number and by size, but for one hint', async () => {
    const { store } = await create()
    await using _ = store
    const request = new Uint8Array(HINT_BUDGET / 2 + 1)
    const work = { kind: 'request', request } as const
    await store.addHints([requestHint(0, { work: { kind: 'request', request: new Uint8Array(HINT_BUDGET + 1) } })])
    await store.addHints([requestHint(1, { work }), requestHint(2), requestHint(3, { work })])
    const [first, ...others] = await dueIds(store)
    expect(others).toEqual([])
    await store.settleHints([first!])
    expect(await dueIds(store)).toHaveLength(2)
    expect(await store.dueHints({ member: MEMBER, now: NOW, limit: 1 })).toHaveLength(1)
  })
}

function describeTheRest(create: CreateStore): void {
  test('pages through the owners and lists what each has', async () => {
    const { store } = await create()
    await using _ = store
    const owners = Array.from({ length: 7 }, (_, index) => parseOwner(`05${`${index}${index}`.repeat(32)}`))
    for (const [index, owner] of [...owners].reverse().entries()) {
      await store.put(storedMessage(2 * index, { owner }))
      await store.put(storedMessage(2 * index + 1, { owner, namespace: parseNamespace(5) }))
    }
    const first = await store.owners({ limit: 4 })
    const second = await store.owners({ after: first.at(-1)!, limit: 4 })
    expect([...first, ...second]).toEqual(owners)
    expect(await store.owners({ after: owners.at(-1)!, limit: 4 })).toEqual([])
    expect(await store.hashesOf(owners[6]!)).toEqual([0, 1].map((number) => ({ hash: hashOf(number), expiry: EXPIRY })))
    await store.delete(owners[6]!, [hashOf(0), hashOf(1)])
    expect(await store.owners({ limit: 10 })).toEqual(owners.slice(0, 6))
    expect(await store.hashesOf(owners[6]!)).toEqual([])
  })

  test('keeps values until they are replaced', async () => {
    const { store, reopen } = await create()
    await using _ = store
    expect(await store.getValue('directory')).toBeUndefined()
    await store.setValue('directory', new Uint8Array([1]))
    await store.setValue('directory', new Uint8Array([2, 3]))
    await store.setValue('empty', new Uint8Array())
    await using again = await reopen()
    expect(await again.getValue('directory')).toEqual(new Uint8Array([2, 3]))
    expect(await again.getValue('empty')).toEqual(new Uint8Array())
  })

  test('counts messages and hints, also after reopening, and grows with content', async () => {
    const { store, reopen } = await create()
    await using _ = store
    const before = await store.stats()
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.put(storedMessage(i, { data: new Uint8Array(2048) }))))
    await store.addHints([messageHint(1), requestHint(1)])
    await store.put(storedMessage(1))
    expect(await store.stats()).toMatchObject({ messages: 20, hints: 2 })
    expect((await store.stats()).sizeBytes).toBeGreaterThanOrEqual(before.sizeBytes + 20 * 2048)
    await using again = await reopen()
    expect(await again.stats()).toMatchObject({ messages: 20, hints: 2 })
  })

  test('1,000 messages put at once are all there after reopening, in the order of the calls', async () => {
    const { store, reopen } = await create()
    await using _ = store
    const numbers = Array.from({ length: 1000 }, (_, index) => index)
    const outcomes = await Promise.all(numbers.map((number) => store.put(storedMessage(number))))
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['stored']))
    await using again = await reopen()
    expect(await hashes(again)).toEqual(numbers.map(hashOf))
  })

  test('carries out what was called before it is disposed of, and refuses what is called after', async () => {
    const { store, reopen } = await create()
    await using _ = store
    const puts = [1, 2, 3].map((number) => store.put(storedMessage(number)))
    const disposal = store[Symbol.asyncDispose]()
    const refused = expect.objectContaining({ code: 'closed' })
    await expect(store.put(storedMessage(4))).rejects.toEqual(refused)
    await expect(store.retrieve(ALL)).rejects.toEqual(refused)
    await disposal
    await store[Symbol.asyncDispose]()
    expect((await Promise.all(puts)).map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored'])
    await expect(store.deleteExpired(NOW, 1)).rejects.toEqual(refused)
    await using again = await reopen()
    expect(await hashes(again)).toEqual([1, 2, 3].map(hashOf))
  })
}

async function sizeAndMore(store: NodeStore, change: Partial<RetrieveQuery>): Promise<[number, boolean]> {
  const { messages, more } = await store.retrieve({ ...ALL, ...change })
  return [messages.length, more]
}

async function dueIds(store: NodeStore, now = NOW): Promise<number[]> {
  return (await store.dueHints({ member: MEMBER, now, limit: 100 })).map(({ id }) => id)
}

function messageHint(number: number, change: Partial<NewHint> = {}): NewHint {
  return { member: MEMBER, work: { kind: 'message', owner: ALICE, hash: hashOf(number) }, expiry: EXPIRY, ...change }
}

function requestHint(number: number, change: Partial<NewHint> = {}): NewHint {
  return { member: MEMBER, work: { kind: 'request', request: new Uint8Array([number]) }, expiry: EXPIRY, ...change }
}
