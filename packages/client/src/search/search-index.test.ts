import { test } from 'node:test'
import { millis, minutes, type UnixMillis } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import type { ConversationId } from '../api.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import type { SearchPlace } from './index-records.ts'
import { type MessageSearchOptions, searchMessages } from './message-search.ts'
import { SearchIndex } from './search-index.ts'
import { comparePlaces } from './segment.ts'
import { parseQuery, termsOf } from './words.ts'

const place = (at: number, conversation = 'bob', direction: SearchPlace['direction'] = 'incoming'): SearchPlace => ({
  conversation: conversation as ConversationId,
  sentAt: at as UnixMillis,
  direction,
})
const keyOf = (one: SearchPlace) => `${one.conversation} ${one.sentAt} ${one.direction}`

class CountingStore extends MemoryStore {
  readonly #onRead: (bytes: number) => void

  constructor(disk: MemoryDisk, onRead: (bytes: number) => void) {
    super(disk)
    this.#onRead = onRead
  }

  override async list(range: Parameters<MemoryStore['list']>[0]): ReturnType<MemoryStore['list']> {
    const found = await super.list(range)
    for (const { value } of found) this.#onRead(value.length)
    return found
  }
}

/** Messages beside the index, in one store, as the messenger has them. */
class Desk {
  readonly disk = new MemoryDisk()
  readonly clock = new VirtualClock()
  bytesRead = 0
  /** What is durable. */
  readonly messages = new Map<string, { readonly place: SearchPlace; readonly text: string }>()
  readonly #logSize: number
  index!: SearchIndex
  store!: SealedStore

  constructor(logSize = 4) {
    this.#logSize = logSize
  }

  static async open(logSize?: number): Promise<Desk> {
    const desk = new Desk(logSize)
    await desk.restart()
    return desk
  }

  async restart(): Promise<void> {
    await this.store?.[Symbol.asyncDispose]()
    const key = parseStoreKey(new Uint8Array(32).fill(1))
    const random = seededRandom(2)
    this.disk.writesLeft = Number.POSITIVE_INFINITY
    const store = new CountingStore(this.disk, (bytes) => (this.bytesRead += bytes))
    this.store = await SealedStore.open({ store, key, crypto: createNativeCrypto(), random })
    const { clock } = this
    this.index = new SearchIndex({ store: this.store, clock, texts: this, logSize: this.#logSize })
    await this.index.load()
  }

  conversations(): ConversationId[] {
    return [...new Set([...this.messages.values()].map((one) => one.place.conversation))]
  }

  async page(conversation: ConversationId, range: { after?: SearchPlace | undefined; limit: number }) {
    return [...this.messages.values()]
      .filter((one) => one.place.conversation === conversation)
      .filter((one) => range.after === undefined || comparePlaces(one.place, range.after) > 0)
      .sort((a, b) => comparePlaces(a.place, b.place))
      .slice(0, range.limit)
  }

  async put(one: SearchPlace, text: string): Promise<void> {
    await this.store.write(this.index.put(one, text))
    this.messages.set(keyOf(one), { place: one, text })
  }

  async remove(one: SearchPlace): Promise<void> {
    await this.store.write(this.index.remove(one))
    this.messages.delete(keyOf(one))
  }

  async removeConversation(conversation: string): Promise<void> {
    await this.store.write(this.index.removeConversation(conversation as ConversationId))
    for (const [key, one] of this.messages) if (one.place.conversation === conversation) this.messages.delete(key)
  }

  async maintain(): Promise<void> {
    const { signal } = new AbortController()
    let isDone = false
    const done = this.index.maintain(signal).finally(() => {
      isDone = true
    })
    done.catch(() => undefined) // until it is awaited
    while (!isDone) await this.clock.advance(millis(1))
    await done
  }

  /** Times of what is found. */
  async find(text: string, options: Partial<MessageSearchOptions<SearchPlace>> = {}): Promise<number[]> {
    const load = async (one: SearchPlace) => {
      const found = this.messages.get(keyOf(one))
      return found && { message: one, text: found.text }
    }
    const { signal } = new AbortController()
    const hits = await searchMessages<SearchPlace>(this.index, text, { signal, load, ...options })
    return hits.map(({ message }) => message.sentAt)
  }

  /** What is in the index, whatever became of the messages. */
  async indexed(text: string): Promise<number[]> {
    return this.find(text, { load: async (one) => ({ message: one, text }) })
  }
}

test('messages are found, the newest first, from the log, from segments and after a restart', async () => {
  const desk = await Desk.open()
  for (let at = 1; at <= 11; at++) {
    await desk.put(place(at), `message ${at % 2 ? 'odd' : 'even'}`)
    if (at % 4 === 0) await desk.maintain()
  }
  expect(await desk.find('od mess')).toEqual([11, 9, 7, 5, 3, 1])
  expect(await desk.find('even', { limit: 2 })).toEqual([10, 8])
  expect(await desk.find('even', { before: place(8) })).toEqual([6, 4, 2])
  await desk.restart()
  expect(await desk.find('odd')).toEqual([11, 9, 7, 5, 3, 1])
  expect(await desk.find('nothing')).toEqual([])
  expect(await desk.find('…')).toEqual([])
})

test('by relevance those with whole words come first', async () => {
  const desk = await Desk.open()
  await desk.put(place(1), 'the car')
  await desk.put(place(2), 'a carpet for the car')
  for (let at = 3; at <= 8; at++) await desk.put(place(at), 'carpet there')
  await desk.maintain()
  await desk.put(place(9), 'careful there')
  expect(await desk.find('car the', { order: 'relevance', limit: 4 })).toEqual([2, 1, 9, 8])
  expect(await desk.find('car the', { limit: 2 })).toEqual([9, 8])
})

test('by relevance a letter costs hardly more than by time: all that begins with it is read only where it is needed', async () => {
  const desk = await Desk.open(512)
  const wordsOf = (at: number) => Array.from({ length: 20 }, (_, i) => `k${(at * 20 + i).toString(36)}`).join(' ')
  for (let at = 1; at <= 7 * 512; at++) {
    await desk.put(place(at), wordsOf(at))
    if (at % 512 === 0) await desk.maintain()
  }
  const bytesFor = async (order: 'newest' | 'relevance') => {
    const before = desk.bytesRead
    expect(await desk.find('k', { order })).toHaveLength(50)
    return desk.bytesRead - before
  }
  const newest = await bytesFor('newest')
  expect(await bytesFor('relevance')).toBeLessThan(1.5 * newest)
})

test('a search stays within its conversation', async () => {
  const desk = await Desk.open()
  for (let at = 1; at <= 6; at++) await desk.put(place(at, at % 2 ? 'bob' : 'carol'), 'hello')
  await desk.maintain()
  await desk.put(place(7, 'carol'), 'hello')
  expect(await desk.find('hello', { conversation: 'carol' as ConversationId })).toEqual([7, 6, 4, 2])
  expect(await desk.find('hello', { conversation: 'dave' as ConversationId })).toEqual([])
})

test('what is removed is found no more, and leaves the index within a minute', async () => {
  const desk = await Desk.open()
  for (let at = 1; at <= 5; at++) await desk.put(place(at), `hello ${at}`)
  await desk.maintain()
  const life = new AbortController()
  const running = desk.index.run(life.signal).catch(() => undefined)
  await desk.clock.advance(millis(10))
  await desk.remove(place(3))
  expect(await desk.indexed('hello')).toEqual([5, 4, 2, 1])
  await desk.clock.advance(minutes(2))
  await desk.restart()
  expect(await desk.indexed('hello')).toEqual([5, 4, 2, 1])
  expect(await desk.indexed('3')).toEqual([])
  life.abort()
  await running
})

test('what is removed while the log is on its way into a segment leaves that segment', async () => {
  const desk = await Desk.open()
  for (let at = 1; at <= 4; at++) await desk.put(place(at, at < 4 ? 'bob' : 'carol'), 'hello')
  const done = desk.index.maintain(new AbortController().signal)
  await Promise.resolve() // it has begun
  await Promise.all([desk.remove(place(2)), desk.removeConversation('carol')])
  await done
  expect(await desk.indexed('hello')).toEqual([3, 1])
  await desk.restart()
  await desk.maintain()
  await desk.restart()
  expect(await desk.indexed('hello')).toEqual([3, 1])
})

test('a message that came again after its removal is found', async () => {
  const desk = await Desk.open()
  for (let at = 1; at <= 4; at++) await desk.put(place(at), 'first')
  await desk.maintain()
  await desk.remove(place(2))
  await desk.put(place(2), 'second')
  expect(await desk.find('second')).toEqual([2])
  await desk.maintain()
  await desk.restart()
  expect(await desk.find('second')).toEqual([2])
  expect(await desk.indexed('first')).toEqual([4, 3, 1])
})

test('the disk holds neither words nor what they look like', async () => {
  const desk = await Desk.open()
  for (let at = 1; at <= 40; at++) await desk.put(place(at), `confidential ${'x'.repeat(at % 30)}`)
  await desk.maintain()
  const onDisk = [...desk.disk.records].map(([key, value]) => key + Buffer.from(value).toString('latin1')).join(' ')
  expect(onDisk).not.toContain('confidential')
  for (const value of desk.disk.records.values()) expect((value.length - 40) % 64).toBe(0)
})

test('messages that were there before the index are taken into it, also after an interruption', async () => {
  const desk = new Desk(4)
  for (let at = 1; at <= 3000; at++) {
    const one = place(at, at % 3 ? 'bob' : 'carol')
    desk.messages.set(keyOf(one), { place: one, text: `old ${at}` })
  }
  await desk.restart()
  for (let i = 0; i < 2; i++) {
    const life = new AbortController()
    const running = desk.index.run(life.signal).catch(() => undefined)
    await desk.clock.advance(millis(1))
    if (i === 1) while ((await desk.indexed('old')).length < 50) await desk.clock.advance(millis(1))
    await desk.clock.advance(millis(i * 1000))
    life.abort()
    await running
    await desk.restart()
  }
  expect(await desk.find('old 2999')).toEqual([2999])
  expect(await desk.find('old 3')).toHaveLength(50)
  expect(await desk.find('old', { before: place(3) })).toEqual([2, 1])
})

test('a full disk holds nothing up for good', async () => {
  const desk = await Desk.open()
  const life = new AbortController()
  const running = desk.index.run(life.signal).catch((error) => error)
  for (let at = 1; at <= 3; at++) await desk.put(place(at), 'hello')
  desk.disk.writesLeft = 1
  await desk.put(place(4), 'hello')
  await desk.clock.advance(millis(10))
  expect(await desk.find('hello')).toEqual([4, 3, 2, 1])
  desk.disk.writesLeft = Number.POSITIVE_INFINITY
  const size = desk.disk.records.size
  await desk.clock.advance(minutes(2))
  expect(desk.disk.records.size).toBeLessThan(size) // four entries of the log became the three blocks of a segment
  expect(await desk.find('hello')).toEqual([4, 3, 2, 1])
  life.abort()
  await running
})

test('a search is not disturbed by segments being merged meanwhile, and can be called off', async () => {
  const desk = await Desk.open()
  for (let at = 1; at <= 64; at++) {
    await desk.put(place(at), 'hello')
    if (at % 4 === 0 && at < 64) await desk.maintain()
  }
  let merging: Promise<void> | undefined
  const load = async (one: SearchPlace) => {
    merging ??= desk.maintain()
    await desk.clock.advance(millis(1))
    return { message: one, text: 'hello' }
  }
  expect((await desk.find('hello', { load, limit: 64 })).length).toBe(64)
  await merging
  expect((await desk.find('hello', { limit: 64 })).length).toBe(64)
  const abort = new AbortController()
  abort.abort()
  await expect(desk.find('hello', { signal: abort.signal })).rejects.toThrow()
})

const WORDS = ['alpha', 'alp', 'beta', 'gamma', 'delta', '東京', '京都', 'be']
const texts = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 }).map((words) => words.join(' '))
const places = fc
  .tuple(fc.nat(40), fc.constantFrom('bob', 'carol', 'dave'), fc.boolean())
  .map(([at, who, isOut]) => place(at, who, isOut ? 'outgoing' : 'incoming'))
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), at: places, text: texts }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: places }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), who: fc.constantFrom('bob', 'carol') }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('maintain' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
  { maxLength: 60 },
)

async function perform(desk: Desk, step: Parameters<Parameters<typeof steps.map>[0]>[0][number]): Promise<void> {
  if (step.kind === 'put') {
    // A place is taken once: what stands there goes first.
    if (desk.messages.has(keyOf(step.at))) await desk.remove(step.at)
    await desk.put(step.at, step.text)
  } else if (step.kind === 'remove') await desk.remove(step.at)
  else if (step.kind === 'forget') await desk.removeConversation(step.who)
  else if (step.kind === 'maintain') await desk.maintain()
  else await desk.restart()
}

async function assertSame(desk: Desk): Promise<void> {
  for (const query of ['al', 'alpha', 'be gam', '京', '東京', 'delta alp']) {
    const expected = [...desk.messages.values()]
      .filter(({ text }) =>
        query
          .split(' ')
          .every((word) => text.split(' ').some((one) => (word === '京' ? one.includes(word) : one.startsWith(word)))),
      )
      .sort((a, b) => comparePlaces(b.place, a.place))
    const timesOf = (messages: typeof expected) => messages.map((one) => one.place.sentAt)
    expect(await desk.find(query, { limit: 200 })).toEqual(timesOf(expected))
    const { terms } = parseQuery(query)!
    const scoreOf = (text: string) => terms.filter(({ term }) => termsOf(text).includes(term)).length
    const ranked = expected.toSorted((a, b) => scoreOf(b.text) - scoreOf(a.text))
    expect(await desk.find(query, { limit: 200, order: 'relevance' })).toEqual(timesOf(ranked))
  }
}

test('it finds what a look at every message would find', async () => {
  const property = fc.asyncProperty(steps, async (sequence) => {
    const desk = await Desk.open()
    for (const step of sequence) await perform(desk, step)
    await assertSame(desk)
    await desk.restart()
    await assertSame(desk)
    await desk.maintain()
    await assertSame(desk)
  })
  await fc.assert(property, { numRuns: 60 })
})

test('it is right after a crash at any write', async () => {
  const property = fc.asyncProperty(steps, fc.nat(40), async (sequence, writes) => {
    const desk = await Desk.open()
    desk.disk.writesLeft = writes
    try {
      for (const step of sequence) if (step.kind !== 'restart') await perform(desk, step)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
    await desk.restart()
    await assertSame(desk)
    await desk.maintain()
    await assertSame(desk)
  })
  await fc.assert(property, { numRuns: 60 })
})
