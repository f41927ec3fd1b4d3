/** Conversations, histories and what a person does with them, without a network. */
import { test } from 'node:test'
import { type AccountId, encodeAccountId, millis, seconds, unixMillis, type X25519PublicKey } from '@starling/protocol'
import { MutableObservable } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import type { ConversationId, ConversationList, HistorySnapshot } from './api.ts'
import { ConversationIndex } from './messages/conversation-index.ts'
import { MessageBook } from './messages/message-book.ts'
import { MessageHistory } from './messages/message-history.ts'
import { messageId } from './messages/message-place.ts'
import { SeenMessages } from './messages/seen-messages.ts'
import { NetworkTime } from './network-time.ts'
import { parseStoreKey } from './store/key-vault.ts'
import { MemoryDisk, MemoryStore } from './store/memory-store.ts'
import { MemoryVault } from './store/memory-vault.ts'
import { SealedStore } from './store/sealed-store.ts'
import { noOtherDevices } from './testing/no-other-devices.ts'

const accountOf = (byte: number): AccountId => encodeAccountId(new Uint8Array(32).fill(byte) as X25519PublicKey)
const idOf = (byte: number) => accountOf(byte) as string as ConversationId
const self = accountOf(0)
const START = unixMillis(1_767_225_600_000)

class Desk {
  readonly clock = new VirtualClock({ start: START })
  readonly disk = new MemoryDisk()
  readonly vault = new MemoryVault(seededRandom(1))
  readonly list = new MutableObservable<ConversationList>([])
  book!: MessageBook
  store!: SealedStore

  static async create(): Promise<Desk> {
    const desk = new Desk()
    await desk.open()
    return desk
  }

  async open(): Promise<void> {
    await this.store?.[Symbol.asyncDispose]()
    const crypto = createNativeCrypto()
    const key = parseStoreKey(await this.vault.open())
    this.store = await SealedStore.open({ store: new MemoryStore(this.disk), key, crypto, random: seededRandom(2) })
    const queued = () => ({ kind: 'queued', waitingForNetwork: false, of: 3 }) as const
    const index = new ConversationIndex({ self, queued, now: () => this.clock.now() }, this.list)
    await index.load(this.store)
    const time = new NetworkTime(this.clock)
    const seen = new SeenMessages(this.store)
    const random = seededRandom(3)
    this.book = new MessageBook({ store: this.store, index, seen, time, self, random, ...noOtherDevices(), queued })
  }

  receive(byte: number, at: number, text = `${at}`): Promise<unknown> {
    const author = accountOf(byte)
    const message = {
      author,
      direction: 'incoming',
      body: { kind: 'text', text },
      sentAt: unixMillis(START + at),
    } as const
    return this.book.file({ account: author, message, isQuiet: false, marks: [] })
  }

  send(byte: number, at: number): Promise<unknown> {
    const sentAt = unixMillis(START + at)
    const message = {
      author: self,
      direction: 'outgoing',
      body: { kind: 'text', text: `${at}` },
      sentAt,
      delivery: { kind: 'queued' },
    } as const
    return this.book.exclusively(() => this.book.add(accountOf(byte), [message]))
  }
}

const textsIn = (snapshot: HistorySnapshot) =>
  snapshot.messages.map(({ body }) => (body.kind === 'text' ? body.text : ''))
const idAt = (byte: number, at: number) =>
  messageId({ conversation: idOf(byte), sentAt: unixMillis(START + at), direction: 'incoming' })

test('conversations are sorted: pinned first, then by last activity; after a restart too', async () => {
  const desk = await Desk.create()
  await desk.clock.advance(seconds(100))
  for (const byte of [1, 2, 3, 4]) await desk.receive(byte, byte)
  await desk.book.change(idOf(2), { pinned: true })
  await desk.receive(1, 50)
  const order = () => desk.list.snapshot.map(({ id }) => id)
  const expected = [idOf(2), idOf(1), idOf(4), idOf(3)]
  expect(order()).toEqual(expected)
  await desk.open()
  expect(order()).toEqual(expected)
  expect(desk.list.snapshot[1]).toMatchObject({ unread: 2, last: { body: { text: '50' } } })
})

test('a time in the future does not keep a conversation on top', async () => {
  const desk = await Desk.create()
  await desk.receive(1, 1_000_000_000)
  await desk.clock.advance(seconds(10))
  await desk.receive(2, 9_000)
  expect(desk.list.snapshot.map(({ id }) => id)).toEqual([idOf(2), idOf(1)])
})

test('nickname, then profile name, then a short account ID is the title', async () => {
  const desk = await Desk.create()
  await desk.receive(1, 1)
  const title = () => desk.list.snapshot[0]?.title
  expect(title()).toMatch(/^0501/)
  expect(title()!.length).toBeLessThan(15)
  await desk.book.change(idOf(1), { nickname: ' Bobby ' })
  expect(title()).toBe('Bobby')
  await desk.book.change(idOf(1), { nickname: '' })
  expect(title()).toMatch(/^0501/)
})

test('a history opens at the latest, pages to the beginning and back, and holds at most 600', async () => {
  const desk = await Desk.create()
  for (let at = 1; at <= 1000; at++) await desk.send(1, at)
  await using history = await MessageHistory.open(desk.book, idOf(1))
  const state = () => history.state.snapshot
  const gapless = () => {
    const times = state().messages.map(({ sentAt }) => sentAt - START)
    expect(times).toEqual(times.map((_, i) => times[0]! + i))
    expect(times.length).toBeLessThanOrEqual(600)
  }
  expect([state().messages.length, state().hasOlder, state().hasNewer]).toEqual([100, true, false])
  while (state().hasOlder) {
    await history.loadOlder()
    gapless()
  }
  expect([textsIn(state())[0], state().hasNewer]).toEqual(['1', true])
  while (state().hasNewer) {
    await history.loadNewer()
    gapless()
  }
  expect([textsIn(state()).at(-1), state().hasOlder]).toEqual(['1000', true])
  await history.loadNewer()
  await history.jumpToLatest()
  expect([textsIn(state()).at(-1), state().messages.length]).toEqual(['1000', 100])
})

test('a history follows what arrives, in the order of the times, and what changes', async () => {
  const property = fc.asyncProperty(fc.uniqueArray(fc.nat(5000), { minLength: 1, maxLength: 60 }), async (times) => {
    const desk = await Desk.create()
    await using history = await MessageHistory.open(desk.book, idOf(1))
    for (const at of times) await desk.receive(1, at)
    const sorted = times.toSorted((a, b) => a - b).map(String)
    expect(textsIn(history.state.snapshot)).toEqual(sorted)
    await using again = await MessageHistory.open(desk.book, idOf(1))
    expect(textsIn(again.state.snapshot)).toEqual(sorted)
    expect(desk.list.snapshot[0]?.last?.body).toEqual({ kind: 'text', text: sorted.at(-1) })
  })
  await fc.assert(property, { numRuns: 25 })
})

test('a window in the past stays where it is while messages arrive', async () => {
  const desk = await Desk.create()
  for (let at = 1; at <= 900; at++) await desk.send(1, at)
  await using history = await MessageHistory.open(desk.book, idOf(1))
  for (let i = 0; i < 8; i++) await history.loadOlder()
  const before = history.state.snapshot.messages
  expect(history.state.snapshot.hasNewer).toBe(true)
  await desk.receive(1, 5000)
  expect(history.state.snapshot.messages).toBe(before)
  expect(history.state.snapshot.unread).toBe(1)
  await history.jumpToLatest()
  expect(textsIn(history.state.snapshot).at(-1)).toBe('5000')
})

test('a history opens at the first unread message; reading counts down, wherever the message is', async () => {
  const desk = await Desk.create()
  for (let at = 1; at <= 50; at++) await desk.send(1, at)
  for (let at = 51; at <= 350; at++) await desk.receive(1, at)
  await using history = await MessageHistory.open(desk.book, idOf(1))
  const state = () => history.state.snapshot
  expect(state()).toMatchObject({ firstUnread: idAt(1, 51), unread: 300, hasOlder: true, hasNewer: true })
  expect(textsIn(state()).slice(0, 31)).toEqual(Array.from({ length: 31 }, (_, i) => `${21 + i}`))
  await history.markRead(idAt(1, 150))
  expect([state().unread, desk.list.snapshot[0]?.unread]).toEqual([200, 200])
  await desk.open()
  expect(desk.list.snapshot[0]?.unread).toBe(200)
  await using later = await MessageHistory.open(desk.book, idOf(1))
  expect(later.state.snapshot.firstUnread).toBe(idAt(1, 151))
  await later.markRead(idAt(1, 350))
  expect(desk.list.snapshot[0]?.unread).toBe(0)
})

test('a window jumps to any message, with what stands around it, and stays where the message is gone', async () => {
  const desk = await Desk.create()
  await desk.book.open(accountOf(1))
  for (let at = 1; at <= 500; at++) await desk.receive(1, at)
  await using history = await MessageHistory.open(desk.book, idOf(1))
  await history.jumpToLatest()
  const latest = history.state.snapshot
  expect(await history.jumpTo(idAt(1, 450))).toBe(true)
  expect(await history.jumpTo(idAt(1, 501))).toBe(false)
  expect(await history.jumpTo(idAt(2, 100))).toBe(false)
  expect(history.state.snapshot).toBe(latest)
  expect(await history.jumpTo(idAt(1, 100))).toBe(true)
  expect(textsIn(history.state.snapshot)).toEqual(Array.from({ length: 130 }, (_, i) => `${70 + i}`))
  expect(history.state.snapshot).toMatchObject({ hasOlder: true, hasNewer: true })
  expect(await history.jumpTo(idAt(1, 1))).toBe(true)
  expect(history.state.snapshot).toMatchObject({ hasOlder: false, hasNewer: true })
})

test('a conversation says that an unread message names this account, until it is read', async () => {
  const desk = await Desk.create()
  await desk.receive(1, 1, `ask @${accountOf(2)}`)
  expect(desk.list.snapshot[0]?.mentioned).toBeUndefined()
  await desk.receive(1, 2, `or ask @${self}!`)
  await desk.receive(1, 3)
  expect(desk.list.snapshot[0]).toMatchObject({ unread: 3, mentioned: true })
  await desk.open()
  expect(desk.list.snapshot[0]).toMatchObject({ unread: 3, mentioned: true })
  await using history = await MessageHistory.open(desk.book, idOf(1))
  await history.markRead(idAt(1, 3))
  expect(desk.list.snapshot[0]?.mentioned).toBeUndefined()
})

test('the divider stays where it was at the time of opening', async () => {
  const desk = await Desk.create()
  await desk.receive(1, 1)
  await using history = await MessageHistory.open(desk.book, idOf(1))
  expect(history.state.snapshot.firstUnread).toBe(idAt(1, 1))
  await history.markRead(idAt(1, 1))
  await desk.receive(1, 2)
  expect(history.state.snapshot).toMatchObject({ firstUnread: idAt(1, 1), unread: 1 })
})

test('a deleted message is gone, also from the summary, and does not come back', async () => {
  const desk = await Desk.create()
  await desk.receive(1, 1)
  await desk.receive(1, 2)
  await using history = await MessageHistory.open(desk.book, idOf(1))
  await desk.book.deleteMessage({ conversation: idOf(1), sentAt: unixMillis(START + 2), direction: 'incoming' }, [])
  expect(textsIn(history.state.snapshot)).toEqual(['1'])
  expect(desk.list.snapshot[0]).toMatchObject({ unread: 1, last: { body: { text: '1' } } })
  await desk.receive(1, 2)
  expect(textsIn(history.state.snapshot)).toEqual(['1'])
  await desk.book.deleteMessage({ conversation: idOf(1), sentAt: unixMillis(START + 1), direction: 'incoming' }, [])
  expect(desk.list.snapshot[0]?.last).toBeUndefined()
})

test('a deleted conversation takes its messages along, and can begin anew', async () => {
  const desk = await Desk.create()
  for (let at = 1; at <= 700; at++) await desk.receive(1, at)
  await desk.receive(2, 1)
  await desk.book.deleteConversation(idOf(1))
  expect(desk.list.snapshot.map(({ id }) => id)).toEqual([idOf(2)])
  await desk.receive(1, 800)
  await desk.open()
  await using history = await MessageHistory.open(desk.book, idOf(1))
  expect(textsIn(history.state.snapshot)).toEqual(['800'])
})

test('marked as unread by hand is unmarked by reading', async () => {
  const desk = await Desk.create()
  await desk.receive(1, 1)
  await desk.book.markRead({ conversation: idOf(1), sentAt: unixMillis(START + 1), direction: 'incoming' })
  await desk.book.change(idOf(1), { markedUnread: true })
  expect(desk.list.snapshot[0]).toMatchObject({ markedUnread: true, unread: 0 })
  await desk.book.markRead({ conversation: idOf(1), sentAt: unixMillis(START + 1), direction: 'incoming' })
  expect(desk.list.snapshot[0]).toMatchObject({ markedUnread: false })
})

test('seen messages are forgotten when no swarm can have them any more, not before', async () => {
  const desk = await Desk.create()
  const seen = new SeenMessages(desk.store)
  const hash = 'a'.repeat(43) as never
  const later = 'b'.repeat(43) as never
  const { clock } = desk
  await desk.store.write([
    ...seen.mark(hash, clock.now(), clock.now()),
    ...seen.mark(later, unixMillis(clock.now() + 30 * 86_400_000), clock.now()),
  ])
  await clock.advance(millis(13.9 * 86_400_000))
  await seen.clean(clock.now())
  expect([await seen.has(hash), await seen.has(later)]).toEqual([true, true])
  await clock.advance(millis(86_400_000))
  await seen.clean(clock.now())
  expect([await seen.has(hash), await seen.has(later)]).toEqual([false, true])
})
