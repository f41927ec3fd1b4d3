/** Answers what people search for: docs/adr/0019-local-search.md. */
import type { ConversationId } from '../api.ts'
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

type Stream = { head: Candidate | undefined; isStarted: boolean; readonly rest: AsyncGenerator<Candidate> }

/** From the log and all segments, the best first. A segment is not read before its newest message could be next. */
async function* candidates<T>(
  snapshot: IndexSnapshot,
  query: Query,
  options: MessageSearchOptions<T>,
): AsyncGenerator<Candidate> {
  const { before, order = 'newest', signal } = options
  const best = order === 'relevance' ? Number.POSITIVE_INFINITY : 0
  const fresh: Stream = { head: undefined, isStarted: false, rest: fromLog(snapshot.fresh, query, options) }
  const bounds = new Map<Stream, Candidate>()
  const streams = new Set<Stream>([fresh])
  for (const segment of snapshot.segments) {
    if (before !== undefined && segment.info.oldest > before.sentAt) continue
    const stream: Stream = { head: undefined, isStarted: false, rest: fromSegment(segment, query, options) }
    streams.add(stream)
    bounds.set(stream, { score: best, place: latestOf(segment.info.newest) })
  }
  await advance(streams, fresh)
  while (streams.size > 0) {
    signal.throwIfAborted()
    const next = [...streams].reduce((a, b) => (isBetter(b.head ?? bounds.get(b)!, a.head ?? bounds.get(a)!) ? b : a))
    if (next.isStarted) {
      const head = next.head!
      if (!snapshot.isRemoved(head.place) || next === fresh) yield head
      await advance(streams, next)
    } else {
      const waiting = [...streams].filter(({ isStarted }) => !isStarted)
      const first = waiting.sort((a, b) => (isBetter(bounds.get(a)!, bounds.get(b)!) ? -1 : 1)).slice(0, SEGMENTS_AHEAD)
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
  stream.isStarted = true
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
): AsyncGenerator<Candidate> {
  const found: Candidate[] = []
  for (const message of fresh) {
    const { place } = message
    if (conversation !== undefined && place.conversation !== conversation) continue
    if (before !== undefined && comparePlaces(place, before) >= 0) continue
    const has = terms.map(({ term, isPrefix }) =>
      message.terms.some((one) => (isPrefix ? one.startsWith(term) : one === term)),
    )
    if (!has.every(Boolean)) continue
    const score = order === 'relevance' ? terms.filter(({ term }) => message.terms.includes(term)).length : 0
    found.push({ place, score })
  }
  yield* found.sort((a, b) => (isBetter(a, b) ? -1 : 1))
}

async function* fromSegment<T>(
  segment: Segment,
  { terms }: Query,
  { conversation, before, order, signal }: MessageSearchOptions<T>,
): AsyncGenerator<Candidate> {
  if (conversation !== undefined && !segment.has(conversation)) return
  signal.throwIfAborted()
  const [all, ...results] = await Promise.all([
    conversation === undefined ? undefined : segment.inConversation(conversation),
    ...terms.map((term) => segment.find(term)),
  ])
  const exact = results.map((result) => result.exact)
  const [first, ...others] = [...(all === undefined ? [] : [all]), ...results.map(({ found }) => found)]
  const hits = first!
  for (const other of others) hits.keep(other)
  const end = before === undefined ? segment.info.documents : segment.endOf(before.sentAt)
  const scoreOf = (document: number) => exact.filter((one) => one.has(document)).length
  // As many rounds as there are scores: documents need not be sorted.
  const scores = order === 'relevance' ? Array.from({ length: terms.length + 1 }, (_, i) => terms.length - i) : [0]
  for (const score of scores) {
    let batch: number[] = []
    const take = async function* () {
      const places = await Promise.all(batch.map((document) => segment.placeOf(document)))
      batch = []
      for (const place of places) if (before === undefined || comparePlaces(place, before) < 0) yield { place, score }
    }
    for (const document of hits.downFrom(end)) {
      if (order === 'relevance' && scoreOf(document) !== score) continue
      batch.push(document)
      if (batch.length >= READ_AHEAD) yield* take()
    }
    yield* take()
  }
}
