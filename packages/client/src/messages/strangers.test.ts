import { test } from 'node:test'
import { type AccountId, encodeAccountId, seconds, unixMillis, type X25519PublicKey } from '@starling/protocol'
import { MutableObservable } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import type { ConversationChange, ConversationId, ConversationList } from '../api.ts'
import { NetworkTime } from '../network-time.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { MemoryVault } from '../store/memory-vault.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { noOtherDevices } from '../testing/no-other-devices.ts'
import { ConversationIndex } from './conversation-index.ts'
import { MessageBook } from './message-book.ts'
import { SeenMessages } from './seen-messages.ts'
import { MOST_MESSAGES, MOST_REQUESTS, SURPLUS } from './strangers.ts'

const START = unixMillis(1_767_225_600_000)
const accountOf = (number: number): AccountId => {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(4, number + 1)
  return encodeAccountId(key as X25519PublicKey)
}
const self = accountOf(9_999_999)

/** A device to which accounts 0, 1, 2, … write. */
async function createDevice() {
  const clock = new VirtualClock({ start: START })
  const disk = new MemoryDisk()
  const list = new MutableObservable<ConversationList>([])
  const key = parseStoreKey(await new MemoryVault(seededRandom(1)).open())
  const crypto = createNativeCrypto()
  const store = await SealedStore.open({ store: new MemoryStore(disk), key, crypto, random: seededRandom(2) })
  const queued = () => ({ kind: 'queued', waitingForNetwork: false, of: 3 }) as const
  const index = new ConversationIndex({ self, queued, now: () => clock.now() }, list)
  const dropped = { request: 0, message: 0 }
  const read = new Map<AccountId, ReturnType<typeof unixMillis>>()
  const { hooks, mirror, policy } = noOtherDevices()
  const book = new MessageBook({
    ...{ store, index, self, queued, mirror },
    seen: new SeenMessages(store),
    time: new NetworkTime(clock),
    random: seededRandom(3),
    hooks: { ...hooks, onDropped: (what, count) => (dropped[what] += count) },
    policy: { ...policy, readUpTo: (account) => read.get(account) },
  })
  let time = 0
  const receive = async (number: number, text = 'hello') => {
    await clock.advance(seconds(1))
    const sentAt = unixMillis(START + ++time * 1000)
    const author = accountOf(number)
    const message = { author, direction: 'incoming', body: { kind: 'text', text }, sentAt } as const
    await book.file({ account: author, message, isQuiet: false, marks: [] })
  }
  const has = (number: number) => index.get(idOf(number)) !== undefined
  const textsOf = async (number: number) => {
    const { messages } = await book.page(idOf(number), { limit: 10_000 })
    return messages.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
  }
  return { book, disk, index, dropped, read, receive, has, textsOf }
}

const idOf = (number: number) => accountOf(number) as string as ConversationId

test('of more requests than are kept the oldest go, and the log says how many', async () => {
  const { receive, has, dropped, disk, index } = await createDevice()
  for (let number = 0; number < MOST_REQUESTS; number++) await receive(number)
  expect(dropped).toEqual({ request: 0, message: 0 })
  await receive(0, 'again') // the second is the oldest now
  const rows = disk.records.size
  for (let number = MOST_REQUESTS; number < MOST_REQUESTS + 10; number++) await receive(number)
  expect(index.records()).toHaveLength(MOST_REQUESTS)
  expect([has(0), has(1), has(10), has(11)]).toEqual([true, false, false, true])
  expect(dropped).toEqual({ request: 10, message: 0 })
  expect(disk.records.size).toBe(rows)
})

test('a flood of strangers takes no contact, nobody blocked, and no request that somebody touched', async () => {
  const touches: readonly ConversationChange[] = [
    { accepted: true },
    { blocked: true },
    { pinned: true },
    { muted: true },
    { verified: true },
    { markedUnread: true },
    { draft: 'well' },
    { nickname: 'Bobby' },
  ]
  const { book, read, receive, has, textsOf } = await createDevice()
  for (const [number, change] of touches.entries()) {
    await receive(number, 'first')
    await book.change(idOf(number), change)
  }
  const seen = touches.length
  await receive(seen, 'first')
  read.set(accountOf(seen), unixMillis(START + 1))
  const opened = seen + 1
  await book.open(accountOf(opened))
  for (let number = 1000; number < 1000 + MOST_REQUESTS + 50; number++) await receive(number)
  for (let number = 0; number <= seen; number++) expect(await textsOf(number)).toEqual(['first'])
  expect(has(opened)).toBe(true)
})

test('of one stranger the newest messages are kept; of a contact all, also those from before', async () => {
  const { book, receive, textsOf, dropped, index } = await createDevice()
  const most = MOST_MESSAGES + SURPLUS
  for (let count = 1; count <= most; count++) await receive(1, `${count}`)
  expect(await textsOf(1)).toHaveLength(most)
  await receive(1, 'one more')
  const kept = await textsOf(1)
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([MOST_MESSAGES, `${SURPLUS + 2}`, 'one more'])
  expect(index.get(idOf(1))?.unread).toBe(MOST_MESSAGES)
  expect(dropped).toEqual({ request: 0, message: SURPLUS + 1 })
  await book.change(idOf(1), { accepted: true })
  for (let count = 0; count < most; count++) await receive(1)
  expect(await textsOf(1)).toHaveLength(MOST_MESSAGES + most)
})

test('whoever writes how often, the bounds hold, and what was accepted stays', async () => {
  const senders = fc.array(fc.record({ from: fc.nat(400), many: fc.constantFrom(...Array(40).fill(1), 130) }), {
    minLength: 300,
    maxLength: 320,
  })
  const property = fc.asyncProperty(senders, fc.uniqueArray(fc.nat(400), { maxLength: 20 }), async (turns, friends) => {
    const { book, receive, index, textsOf } = await createDevice()
    const sent = new Map<number, number>()
    for (const number of friends) await book.open(accountOf(number))
    for (const { from, many } of turns) {
      for (let count = 0; count < many; count++) await receive(from)
      sent.set(from, (sent.get(from) ?? 0) + many)
    }
    const requests = index.records().filter(({ accepted }) => !accepted)
    expect(requests.length).toBeLessThanOrEqual(MOST_REQUESTS)
    for (const { unread } of requests) expect(unread).toBeLessThanOrEqual(MOST_MESSAGES + SURPLUS)
    for (const number of friends) expect(await textsOf(number)).toHaveLength(sent.get(number) ?? 0)
  })
  await fc.assert(property, { numRuns: 2 })
})
