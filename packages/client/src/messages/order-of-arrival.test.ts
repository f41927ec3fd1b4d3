/** What comes from swarms comes in any order: whatever it is, the same must become of it. */
import { test } from 'node:test'
import {
  type AccountId,
  encodeAccountId,
  type MessageHash,
  seconds,
  type UnixMillis,
  unixMillis,
  type X25519PublicKey,
} from '@starling/protocol'
import { MutableObservable } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import type { ConversationId, ConversationList, MessageView } from '../api.ts'
import { NetworkTime } from '../network-time.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { MemoryVault } from '../store/memory-vault.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { noOtherDevices } from '../testing/no-other-devices.ts'
import type { Effect } from './arrival.ts'
import { ConversationIndex } from './conversation-index.ts'
import { MessageBook } from './message-book.ts'
import { MessageHistory } from './message-history.ts'
import type { MessageRecord } from './message-record.ts'
import { SeenMessages } from './seen-messages.ts'

const START = unixMillis(1_767_225_600_000)
const accountOf = (byte: number): AccountId => encodeAccountId(new Uint8Array(32).fill(byte) as X25519PublicKey)
const self = accountOf(0)
const bob = accountOf(1)
const conversation = bob as string as ConversationId
const at = (offset: number): UnixMillis => unixMillis(START + offset)
const hashOf = (number: number) => `${number}`.padStart(43, 'A') as MessageHash

async function emptyBook() {
  const clock = new VirtualClock({ start: START })
  const key = parseStoreKey(await new MemoryVault(seededRandom(1)).open())
  const crypto = createNativeCrypto()
  const store = await SealedStore.open({
    store: new MemoryStore(new MemoryDisk()),
    key,
    crypto,
    random: seededRandom(2),
  })
  const list = new MutableObservable<ConversationList>([])
  const queued = () => ({ kind: 'queued', waitingForNetwork: false, of: 3 }) as const
  const rest = noOtherDevices()
  const index = new ConversationIndex({ self, queued, now: () => clock.now() }, list)
  const seen = new SeenMessages(store)
  const time = new NetworkTime(clock)
  const book = new MessageBook({ store, index, seen, time, self, random: seededRandom(3), ...rest, queued })
  await clock.advance(seconds(60))
  return { book, list, items: rest.items }
}

type Book = Awaited<ReturnType<typeof emptyBook>>
type Event =
  | { readonly kind: 'message'; readonly message: MessageRecord; readonly isQuiet: boolean; readonly name?: string }
  | { readonly kind: 'effect'; readonly effect: Effect; readonly isIncoming: boolean }

async function happen({ book }: Book, event: Event): Promise<void> {
  if (event.kind === 'effect') {
    const { effect, isIncoming } = event
    await book.apply({ conversation, effect, isIncoming, sentAt: at(0), marks: [] })
    return
  }
  const { message, isQuiet, name } = event
  const profile = name === undefined ? {} : { profile: { name: name as never, updatedSeconds: 0 } }
  await book.file({ account: bob, message, isQuiet, marks: [], ...profile })
}

async function seenIn({ book, list }: Book): Promise<{ messages: readonly MessageView[]; list: ConversationList }> {
  await using history = await MessageHistory.open(book, conversation)
  await history.jumpToLatest()
  return { messages: history.state.snapshot.messages, list: list.snapshot }
}

const direction = fc.constantFrom('incoming', 'outgoing')
const offset = fc.integer({ min: 1, max: 6 })
const places = fc.record({ conversation: fc.constant(conversation), sentAt: offset.map(at), direction })

const messages = fc
  .record({ direction, sentAt: offset, isQuiet: fc.boolean(), quoted: fc.option(fc.tuple(direction, offset)) })
  .map(({ direction, sentAt, isQuiet, quoted }): Event => {
    const authorOf = (side: string) => (side === 'outgoing' ? self : bob)
    const message: MessageRecord = {
      author: authorOf(direction),
      direction,
      body: isQuiet ? { kind: 'unsupported', what: 'call' } : { kind: 'text', text: `${direction} ${sentAt}` },
      sentAt: at(sentAt),
      hashes: [hashOf(sentAt)],
      ...(direction === 'outgoing' ? { delivery: { kind: 'stored', on: 1, of: 3 } } : {}),
      ...(quoted && { quote: { author: authorOf(quoted[0]), sentAt: at(quoted[1]) } }),
    }
    return { kind: 'message', message, isQuiet, ...(direction === 'incoming' ? { name: `Bob ${sentAt}` } : {}) }
  })
const acceptances = offset.map(
  (sentAt): Event => ({
    kind: 'message',
    isQuiet: true,
    message: {
      author: bob,
      direction: 'incoming',
      body: { kind: 'notice', notice: { kind: 'requestAccepted' } },
      sentAt: at(10 + sentAt),
    },
  }),
)
const reactions = fc
  .record({
    place: places,
    mine: fc.boolean(),
    emoji: fc.constantFrom('👍', '🙂'),
    at: fc.integer({ min: 20, max: 40 }),
    isOn: fc.boolean(),
  })
  .map(({ place, mine, emoji, at: time, isOn }): Event => {
    const reaction = { author: mine ? self : bob, emoji, at: at(time), isOn }
    return { kind: 'effect', effect: { kind: 'reaction', place, reaction }, isIncoming: !mine }
  })
const unsends = places.map((place): Event => {
  if (place.direction === 'outgoing') {
    return { kind: 'effect', effect: { kind: 'unsendOwn', sentAt: place.sentAt }, isIncoming: false }
  }
  return { kind: 'effect', effect: { kind: 'unsend', place, how: 'placeholder' }, isIncoming: true }
})
const removals = offset.map((sentAt): Event => {
  const place = { conversation, sentAt: at(sentAt), direction: 'incoming' } as const
  return { kind: 'effect', effect: { kind: 'unsend', place, how: 'removed' }, isIncoming: false }
})
const receipts = fc
  .record({
    times: fc.uniqueArray(offset, { minLength: 1, maxLength: 3 }),
    state: fc.constantFrom('delivered', 'read'),
  })
  .map(({ times, state }): Event => {
    const all = times.map((time) => ({ conversation, sentAt: at(time), direction: 'outgoing' }) as const)
    return { kind: 'effect', effect: { kind: 'receipt', places: all, state }, isIncoming: true }
  })
const events = fc.oneof(
  { weight: 6, arbitrary: messages },
  { weight: 3, arbitrary: reactions },
  { weight: 2, arbitrary: receipts },
  unsends,
  removals,
  acceptances,
)
/** A place is one message, whoever resends it: the first form of each counts. */
const histories = fc
  .uniqueArray(events, {
    maxLength: 18,
    selector: (event) =>
      event.kind === 'message' ? `${event.message.direction} ${event.message.sentAt}` : JSON.stringify(event),
  })
  .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))

test('the same events in any order, some of them twice, give the same conversation', async () => {
  const property = fc.asyncProperty(histories, async ([list, shuffled]) => {
    const one = await emptyBook()
    const other = await emptyBook()
    for (const event of list) await happen(one, event)
    for (const event of [...shuffled, ...shuffled.slice(0, 4)]) await happen(other, event)
    expect(await seenIn(other)).toEqual(await seenIn(one))
  })
  await fc.assert(property, { numRuns: 120 })
})
