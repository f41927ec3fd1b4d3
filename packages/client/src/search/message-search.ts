/** Answers what people search for: docs/adr/0019-local-search.md. */
import type { ConversationId } from '../api.ts'
import type { Bitmap } from './bitmap.ts'
import type { FreshMessage } from './index-log.ts'
import type { SearchPlace } from './index-records.ts'
import { findMatches, type Snippet, snippetOf } from './match.ts'
import type { IndexSnapshot, SearchIndex } from './search-index.ts'
import { comparePlaces, type Segment } from './segment.ts'
import { parseQuery, type Query } from './words.ts'

export type SearchOrder = 'newest' | 'relevance'

export type MessageSearchOptions<T> = {
  readonly conversation?: ConversationId | undefined
  /** 1 … 200; 50, unless told. */
  readonly limit?: number | undefined
  /** Only what is older than this. */
  readonly before?: SearchPlace | undefined
  readonly order?: SearchOrder | undefined
  readonly signal: AbortSignal
  /** The message that is there, if there is one. */
  readonly load: (place: SearchPlace) => Promise<{ readonly message: T; readonly text: string } | undefined>
}

export type Hit<T> = { readonly message: T; readonly snippet: Snippet }

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200
/** Messages that are looked at for one answer: most have what the index says, but pairs of characters may stand apart. */
const MAX_LOOKS = 2000
/** Messages and segments that are read at the same time: a browser takes as long for one as for several. */
const READ_AHEAD = 16
const SEGMENTS_AHEAD = 4

/** `score`: how many of the words stand in the message as they were typed; nought, where only the time counts. */
type Candidate = { readonly place: SearchPlace; readonly score: number }

/**
 * Messages that have every word of `text`, or a word that begins with it: the newest first, or those with the most whole words
 * first and of these the newest. Empty, if `text` has no words.
 */
export function searchMessages<T>(
  index: SearchIndex,
  text: string,
  options: MessageSearchOptions<T>,
): Promise<readonly Hit<T>[]> {
  const query = parseQuery(text)
  return query === undefined ? Promise.resolve([]) : index.read((snapshot) => collect(snapshot, query, options))
}

async function collect<T>(
  snapshot: IndexSnapshot,
  query: Query,
  options: MessageSearchOptions<T>,
): Promise<readonly Hit<T>[]> {
  const { signal, load } = options
  const limit = Math.min(MAX_LIMIT, Math.max(1, options.limit ?? DEFAULT_LIMIT))
  const hits: Hit<T>[] = []
  const seen = new Set<string>()
  let batch: SearchPlace[] = []
  const look = async () => {
    const found = await Promise.all(batch.map(load))
    batch = []
    for (const one of found) {
      const matches = one && findMatches(one.text, query)
      if (one && matches) hits.push({ message: one.message, snippet: snippetOf(one.text, matches) })
    }
  }
  for await (const { place } of candidates(snapshot, query, options)) {
    signal.throwIfAborted()
    const key = `${place.conversation} ${place.sentAt} ${place.direction}`
    if (seen.has(key)) continue
    seen.add(key)
    batch.push(place)
    if (batch.length < Math.min(READ_AHEAD, limit - hits.length)) continue
    await look()
    if (hits.length >= limit || seen.size >= MAX_LOOKS) break
  }
  await look()
  return hits.slice(0, limit)
}

/** `bound`: nothing that follows is better; it costs something to look. */
type Step = Candidate & { readonly kind: 'hit' | 'bound' }
type Stream = { head: Step | undefined; readonly rest: AsyncGenerator<Step> }

/** From the log and all segments, the best first. Nothing is read of a segment before what it may hold could be next. */
async function* candidates<T>(
  snapshot: IndexSnapshot,
  query: Query,
  options: MessageSearchOptions<T>,
): AsyncGenerator<Candidate> {
  const { before, signal } = options
  const fresh: Stream = { head: undefined, rest: fromLog(snapshot.fresh, query, options) }
  const streams = new Set<Stream>([fresh])
  for (const segment of snapshot.segments) {
    if (before !== undefined && segment.info.oldest > before.sentAt) continue
    streams.add({ head: undefined, rest: fromSegment(segment, query, options) })
  }
  await Promise.all([...streams].map((stream) => advance(streams, stream)))
  while (streams.size > 0) {
    signal.throwIfAborted()
    const next = [...streams].reduce((a, b) => (isBetter(b.head!, a.head!) ? b : a))
    const { kind, place, score } = next.head!
    if (kind === 'hit') {
      if (next === fresh || !snapshot.isRemoved(place)) yield { place, score }
      await advance(streams, next)
    } else {
      const waiting = [...streams].filter(({ head }) => head!.kind === 'bound' && head!.score === score)
      const first = waiting.sort((a, b) => (isBetter(a.head!, b.head!) ? -1 : 1)).slice(0, SEGMENTS_AHEAD)
      await Promise.all(first.map((stream) => advance(streams, stream)))
    }
  }
}

/** Behind every place of this time. */
function latestOf(sentAt: number): SearchPlace {
  return { conversation: '\uffff' as ConversationId, sentAt: sentAt as SearchPlace['sentAt'], direction: 'outgoing' }
}

async function advance(streams: Set<Stream>, stream: Stream): Promise<void> {
  const { value, done } = await stream.rest.next()
  stream.head = done ? undefined : value
  if (done) streams.delete(stream)
}

function isBetter(a: Candidate, b: Candidate): boolean {
  return a.score === b.score ? comparePlaces(a.place, b.place) > 0 : a.score > b.score
}

async function* fromLog<T>(
  fresh: Iterable<FreshMessage>,
  { terms }: Query,
  { conversation, before, order }: MessageSearchOptions<T>,
): AsyncGenerator<Step> {
  const found: Step[] = []
  for (const message of fresh) {
    const { place } = message
    if (conversation !== undefined && place.conversation !== conversation) continue
    if (before !== undefined && comparePlaces(place, before) >= 0) continue
    const has = terms.map(({ term, isPrefix }) =>
      message.terms.some((one) => (isPrefix ? one.startsWith(term) : one === term)),
    )
    if (!has.every(Boolean)) continue
    const score = order === 'relevance' ? terms.filter(({ term }) => message.terms.includes(term)).length : 0
    found.push({ kind: 'hit', place, score })
  }
  yield* found.sort((a, b) => (isBetter(a, b) ? -1 : 1))
}

/**
 * By relevance the documents that have every word as it was typed come first: to know them, one block is read for each word.
 * All that begins with a word is read when those are through, which for short words is a large part of the segment.
 */
async function* fromSegment<T>(
  segment: Segment,
  { terms }: Query,
  options: MessageSearchOptions<T>,
): AsyncGenerator<Step> {
  const { conversation, order, signal } = options
  if (conversation !== undefined && !segment.has(conversation)) return
  const place = latestOf(segment.info.newest)
  const isRanked = order === 'relevance'
  yield { kind: 'bound', place, score: isRanked ? terms.length : 0 }
  signal.throwIfAborted()
  const all = conversation === undefined ? [] : [await segment.inConversation(conversation)]
  if (!isRanked) {
    const results = await Promise.all(terms.map((term) => segment.find(term)))
    const found = common([...results.map((result) => result.found), ...all])
    yield* hitsOf(segment, found, options, { score: 0, isScored: () => true })
    return
  }
  const peeks = await Promise.all(terms.map((term) => segment.peek(term)))
  const every = common([...peeks.map(({ exact }) => exact), ...all])
  yield* hitsOf(segment, every, options, { score: terms.length, isScored: () => true })
  const most = Math.min(terms.length - 1, peeks.filter(({ exact }) => !exact.isEmpty).length)
  if (peeks.some(({ isAll }) => !isAll)) yield { kind: 'bound', place, score: most }
  signal.throwIfAborted()
  const results = await Promise.all(terms.map((term, i) => (peeks[i]!.isAll ? peeks[i]! : segment.find(term))))
  const found = common([...results.map((result) => result.found), ...all])
  const scoreOf = (document: number) => results.filter(({ exact }) => exact.has(document)).length
  // As many rounds as there are scores: documents need not be sorted.
  for (let score = most; score >= 0; score--) {
    yield* hitsOf(segment, found, options, { score, isScored: (document) => scoreOf(document) === score })
  }
}

function common([first, ...others]: readonly Bitmap[]): Bitmap {
  const result = first!.copy()
  for (const other of others) result.keep(other)
  return result
}

/** Those of one score, the newest first. */
async function* hitsOf<T>(
  segment: Segment,
  documents: Bitmap,
  { before }: MessageSearchOptions<T>,
  { score, isScored }: { readonly score: number; readonly isScored: (document: number) => boolean },
): AsyncGenerator<Step> {
  const end = before === undefined ? segment.info.documents : segment.endOf(before.sentAt)
  let batch: number[] = []
  const take = async function* (): AsyncGenerator<Step> {
    const places = await Promise.all(batch.map((document) => segment.placeOf(document)))
    batch = []
    for (const place of places) {
      if (before === undefined || comparePlaces(place, before) < 0) yield { kind: 'hit', place, score }
    }
  }
  for (const document of documents.downFrom(end)) {
    if (!isScored(document)) continue
    batch.push(document)
    if (batch.length >= READ_AHEAD) yield* take()
  }
  yield* take()
}
