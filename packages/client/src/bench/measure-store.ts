/** Fills a store with messages and their index, pages and searches it: the same in Node.js and in browsers. */

import type { Crypto } from '@starling/protocol'
import {
  encodeAccountId,
  type RandomBytes,
  type UnixMillis,
  unixMillis,
  type X25519PublicKey,
} from '@starling/protocol'
import { type Clock, MutableObservable } from '@starling/runtime'
import type { ConversationId, ConversationList } from '../api.ts'
import { BookCore } from '../messages/book-core.ts'
import { ConversationIndex } from '../messages/conversation-index.ts'
import { readPage } from '../messages/message-pages.ts'
import { messageName, placeOf } from '../messages/message-place.ts'
import { type MessageRecord, messageRecord, putMessage } from '../messages/message-record.ts'
import { searchText } from '../messages/search-text.ts'
import { SeenMessages } from '../messages/seen-messages.ts'
import { NetworkTime } from '../network-time.ts'
import type { SearchPlace } from '../search/index-records.ts'
import { searchMessages } from '../search/message-search.ts'
import { SearchIndex } from '../search/search-index.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import type { LocalStore } from '../store/local-store.ts'
import { type SealedChange, SealedStore } from '../store/sealed-store.ts'
import { sampleText, seededNumbers, wordOf } from './sample-texts.ts'

export type BenchPorts = {
  readonly store: LocalStore
  readonly clock: Clock
  readonly crypto: Crypto
  readonly random: RandomBytes
  /** Milliseconds. */
  readonly now: () => number
}

export type Times = { readonly name: string; readonly times: readonly number[] }
export type Bench = BenchPorts & { readonly sealed: SealedStore; readonly index: SearchIndex }

const CONVERSATIONS = 200
/** Nine of ten messages belong to the first conversation, until it has so many. */
export const LARGE_CONVERSATION = 100_000
const BATCH = 1024
const START = 1_700_000_000_000
const ROUNDS = 20
const PAGE = 50

const self = accountOf(0)
const LARGE = conversationOf(1)
const SMALL = conversationOf(8)

/** Opens the store, and reads what a client reads of its index when it starts. */
export async function openBench(ports: BenchPorts): Promise<Bench> {
  const { store, crypto, random, clock } = ports
  const sealed = await SealedStore.open({ store, key: parseStoreKey(new Uint8Array(32).fill(1)), crypto, random })
  const index = new SearchIndex({ store: sealed, clock, texts: { conversations: () => [], page: async () => [] } })
  await index.load()
  return { ...ports, sealed, index }
}

/** As a catch-up does it: messages and log in one write, segments in between. */
export async function fillStore({ sealed, index }: Bench, count: number): Promise<void> {
  const { signal } = new AbortController()
  const random = seededNumbers(7)
  for (let from = 0; from < count; from += BATCH) {
    const changes: SealedChange[] = []
    for (let number = from; number < Math.min(count, from + BATCH); number++) {
      const conversation = placeFor(number)
      const message = sampleMessage(number, conversation, sampleText(number, random))
      changes.push(putMessage(conversation, message), ...index.put(placeOf(conversation, message), searchText(message)))
    }
    await sealed.write(changes)
    await index.maintain(signal)
  }
}

/** Pages of a large conversation: from the newest on, and from places in the middle of it. */
export async function measurePages(bench: Bench): Promise<Times[]> {
  const { sealed: store, clock, random, now } = bench
  const queued = () => ({ kind: 'queued', waitingForNetwork: false, of: 3 }) as const
  const context = { self, queued, now: () => clock.now() }
  const index = new ConversationIndex(context, new MutableObservable<ConversationList>([]))
  const seen = new SeenMessages(store)
  const core = new BookCore({
    ...{ store, index, seen, random, self, queued },
    time: new NetworkTime(clock),
    hooks: { onDue: () => undefined, onQueued: () => undefined, onOwed: () => undefined, onDropped: () => undefined },
    mirror: { writes: () => [], begin: (record) => record },
  })
  const newest: number[] = []
  const middle: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    newest.push(await timed(now, () => readPage(core, LARGE, { limit: PAGE })))
    const before = { conversation: LARGE, sentAt: timeOf(4_000 * (round + 1)), direction: 'incoming' } as const
    middle.push(await timed(now, () => readPage(core, LARGE, { before, limit: PAGE })))
  }
  return [
    { name: `page of ${PAGE}: the newest`, times: newest },
    { name: `page of ${PAGE}: somewhere in between`, times: middle },
  ]
}

type SampleQuery = {
  readonly name: string
  readonly text: (round: number) => string
  readonly conversation?: ConversationId
  readonly order?: 'relevance'
}

const JAPANESE = '東京都大学生先食飲見行来話聞読書友達家族'
const LETTERS = 'kmtrsvdlpb'
const QUERIES: readonly SampleQuery[] = [
  { name: 'a rare word', text: (round) => wordOf(20_000 + 997 * round) },
  { name: 'a frequent word', text: (round) => wordOf(round) },
  { name: 'two words, one rare', text: (round) => `${wordOf(round)} ${wordOf(5_000 + 331 * round)}` },
  { name: 'three frequent words', text: (round) => `${wordOf(round)} ${wordOf(round + 3)} ${wordOf(round + 7)}` },
  { name: 'the first letter of a word', text: (round) => LETTERS[round % 10]! },
  { name: 'the same, by relevance', text: (round) => LETTERS[round % 10]!, order: 'relevance' },
  { name: 'a frequent word in a small conversation', text: (round) => wordOf(round), conversation: SMALL },
  { name: 'two characters of Japanese', text: (round) => JAPANESE.slice(round % 18, (round % 18) + 2) },
  { name: 'what is not there', text: (round) => `zzz${round}` },
]

/** With the first 50 messages of each answer and their snippets. */
export async function measureSearches({ sealed, index, now }: Bench): Promise<Times[]> {
  const { signal } = new AbortController()
  const load = async (place: SearchPlace) => {
    const bytes = await sealed.get(messageName(place))
    const message = bytes && messageRecord.decode(bytes)
    return message && { message, text: searchText(message) }
  }
  const results: Times[] = []
  for (const { name, text, conversation, order } of QUERIES) {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const options = { signal, load, order, conversation }
      times.push(await timed(now, () => searchMessages(index, text(round), options)))
    }
    results.push({ name: `search: ${name}`, times })
  }
  return results
}

async function timed(now: () => number, work: () => Promise<unknown>): Promise<number> {
  const start = now()
  await work()
  return now() - start
}

function sampleMessage(number: number, conversation: ConversationId, text: string): MessageRecord {
  const isOutgoing = number % 3 === 0
  return {
    author: isOutgoing ? self : (conversation as string as typeof self),
    direction: isOutgoing ? 'outgoing' : 'incoming',
    body: { kind: 'text', text },
    sentAt: timeOf(number),
    ...(isOutgoing && { delivery: { kind: 'read', on: 5, of: 5 } }),
  }
}

function timeOf(number: number): UnixMillis {
  return unixMillis(START + number * 1000)
}

function placeFor(number: number): ConversationId {
  const isLarge = number % 10 !== 9 && number < (LARGE_CONVERSATION / 9) * 10
  return isLarge ? LARGE : conversationOf(1 + (number % CONVERSATIONS))
}

function conversationOf(number: number): ConversationId {
  return accountOf(number) as string as ConversationId
}

function accountOf(number: number): typeof encodeAccountId extends (key: never) => infer Id ? Id : never {
  return encodeAccountId(new Uint8Array(32).fill(number) as X25519PublicKey)
}
