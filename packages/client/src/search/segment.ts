/** A segment of the search index: built of documents, or of other segments, and read. */
import { compareBytes, utf8 } from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { Bitmap } from './bitmap.ts'
import {
  getDocumentBlocks,
  getSegmentHeader,
  getTermBlocks,
  readable,
  type SearchPlace,
  type SegmentInfo,
  type SegmentRecords,
} from './index-records.ts'
import {
  DOCUMENTS_IN_BLOCK,
  type Document,
  decodeDocuments,
  encodeDocuments,
  headerCodec,
  type SegmentHeader,
  TERM_KINDS,
  TermReader,
  TermWriter,
} from './segment-format.ts'
import type { QueryTerm } from './words.ts'

export type IndexedMessage = { readonly place: SearchPlace; readonly terms: readonly string[] }

export type BuiltSegment = {
  readonly info: SegmentInfo
  readonly records: SegmentRecords
  readonly header: SegmentHeader
}

/** Blocks that are read at once: about a megabyte. */
const BATCH = 64
const KEPT_BLOCKS = 32

/** By time; conversation and direction only make it total. */
export function comparePlaces(a: SearchPlace, b: SearchPlace): number {
  if (a.sentAt !== b.sentAt) return a.sentAt - b.sentAt
  if (a.conversation !== b.conversation) return a.conversation < b.conversation ? -1 : 1
  return Number(a.direction === 'outgoing') - Number(b.direction === 'outgoing')
}

/** Of messages, at least one, in different places. */
export function buildSegment(id: number, messages: readonly IndexedMessage[]): BuiltSegment {
  const sorted = [...messages].sort((a, b) => comparePlaces(a.place, b.place))
  const postings = new Map<string, number[]>()
  sorted.forEach(({ place, terms }, document) => {
    const conversation = String.fromCharCode(TERM_KINDS.conversation) + place.conversation
    for (const term of [conversation, ...terms.map(wordTerm)]) {
      const documents = postings.get(term)
      if (documents === undefined) postings.set(term, [document])
      else documents.push(document)
    }
  })
  const terms = new TermWriter()
  const entries = [...postings].map(([term, documents]) => ({ term: utf8(term), documents }))
  for (const entry of entries.sort((a, b) => compareBytes(a.term, b.term))) terms.add(entry)
  return finish(
    id,
    sorted.map(({ place }) => place),
    terms,
  )
}

/**
 * Of segments that together have at most `MAX_DOCUMENTS`, without what `keeps` refuses; `undefined`, if nothing is left.
 * `pause` is awaited between pieces of work of some milliseconds.
 */
export async function mergeSegments(
  id: number,
  segments: readonly Segment[],
  { keeps, pause }: { keeps: (place: SearchPlace) => boolean; pause: () => Promise<void> },
): Promise<BuiltSegment | undefined> {
  const { places, targets } = await placeDocuments(segments, keeps)
  if (places.length === 0) return undefined
  const terms = new TermWriter()
  const cursors = segments.map((segment, i) => new TermCursor(segment, targets[i]!))
  for (const cursor of cursors) await cursor.start()
  const collected = new Uint16Array(segments.reduce((sum, { info }) => sum + info.documents, 0))
  let work = 0
  for (;;) {
    const term = leastTerm(cursors)
    if (term === undefined) break
    let count = 0
    for (const cursor of cursors) {
      if (cursor.term === undefined || compareBytes(cursor.term, term) !== 0) continue
      count = cursor.collect(collected, count)
      if (!cursor.next()) await cursor.load()
    }
    const documents = withoutRepetitions(collected.subarray(0, count))
    if (documents.length > 0) terms.add({ term, documents })
    work += 8 + count
    if (work > 100_000) {
      work = 0
      await pause()
    }
  }
  return finish(id, places, terms)
}

/** An open segment: its header is in memory. */
export class Segment {
  readonly info: SegmentInfo
  readonly header: SegmentHeader
  readonly #store: SealedStore
  readonly #blocks = new Map<number, Promise<readonly Document[]>>()

  constructor(store: SealedStore, info: SegmentInfo, header: SegmentHeader) {
    this.#store = store
    this.info = info
    this.header = header
  }

  /** @throws {StoreError} `unreadable` */
  static async open(store: SealedStore, info: SegmentInfo): Promise<Segment> {
    const bytes = await getSegmentHeader(store, info.id)
    return new Segment(
      store,
      info,
      readable(() => headerCodec.decode(bytes)),
    )
  }

  /** What has this term, or what begins with it; and of that, what has the whole word. */
  async find({ term, isPrefix }: QueryTerm): Promise<{ found: Bitmap; exact: Bitmap }> {
    return this.#find(utf8(wordTerm(term)), isPrefix)
  }

  async inConversation(conversation: ConversationId): Promise<Bitmap> {
    const term = String.fromCharCode(TERM_KINDS.conversation) + conversation
    return (await this.#find(utf8(term), false)).found
  }

  has(conversation: ConversationId): boolean {
    return this.header.conversations.includes(conversation)
  }

  /** The place of a document. Some blocks are kept, so that neighbours cost nothing. */
  async placeOf(document: number): Promise<SearchPlace> {
    const block = Math.floor(document / DOCUMENTS_IN_BLOCK)
    const documents = await (this.#blocks.get(block) ?? this.#keep(block))
    return this.#place(documents[document % DOCUMENTS_IN_BLOCK]!)
  }

  async places(): Promise<SearchPlace[]> {
    const places: SearchPlace[] = []
    const { documentBlocks } = this.info
    for (let from = 0; from < documentBlocks; from += BATCH) {
      for (const documents of await this.#loadBlocks(from, Math.min(documentBlocks, from + BATCH))) {
        for (const document of documents) places.push(this.#place(document))
      }
    }
    return places
  }

  /** Documents from this one on are later than `sentAt`. */
  endOf(sentAt: number): number {
    const block = this.header.firstTimes.findLastIndex((first) => first <= sentAt)
    return Math.min(this.info.documents, (block + 1) * DOCUMENTS_IN_BLOCK)
  }

  termBlocks(from: number, to: number): Promise<readonly Uint8Array[]> {
    return getTermBlocks(this.#store, this.info.id, from, to)
  }

  async #find(term: Uint8Array, isPrefix: boolean): Promise<{ found: Bitmap; exact: Bitmap }> {
    const { documents } = this.info
    const result = { found: new Bitmap(documents), exact: new Bitmap(documents) }
    const { firstTerms } = this.header
    const last = isPrefix ? afterAll(term) : term
    const from = Math.max(
      0,
      firstTerms.findLastIndex((first) => compareBytes(first, term) <= 0),
    )
    const to = 1 + firstTerms.findLastIndex((first) => compareBytes(first, last) <= 0)
    for (let at = from; at < to; at += BATCH) {
      for (const block of await this.termBlocks(at, Math.min(to, at + BATCH))) {
        readable(() => collectMatches(block, term, isPrefix, result))
      }
    }
    return result
  }

  /** Whoever asks for a block that is being read waits for that. What cannot be read is not kept. */
  #keep(block: number): Promise<readonly Document[]> {
    const [oldest] = this.#blocks.keys()
    if (this.#blocks.size >= KEPT_BLOCKS && oldest !== undefined) this.#blocks.delete(oldest)
    const loading = this.#loadBlocks(block, block + 1).then(([documents]) => documents!)
    this.#blocks.set(block, loading)
    loading.catch(() => this.#blocks.delete(block))
    return loading
  }

  async #loadBlocks(from: number, to: number): Promise<readonly (readonly Document[])[]> {
    const blocks = await getDocumentBlocks(this.#store, this.info.id, from, to)
    return blocks.map((bytes) => readable(() => decodeDocuments(bytes)))
  }

  #place({ sentAt, conversation, isOutgoing }: Document): SearchPlace {
    return {
      conversation: this.header.conversations[conversation] as ConversationId,
      sentAt: sentAt as SearchPlace['sentAt'],
      direction: isOutgoing ? 'outgoing' : 'incoming',
    }
  }
}

function wordTerm(word: string): string {
  return String.fromCharCode(TERM_KINDS.word) + word
}

/** The first byte string behind all that begin with `prefix`, whose last byte is one of UTF-8 and so below 255. */
function afterAll(prefix: Uint8Array): Uint8Array {
  const next = prefix.slice()
  next[next.length - 1] = next[next.length - 1]! + 1
  return next
}

function collectMatches(
  block: Uint8Array,
  term: Uint8Array,
  isPrefix: boolean,
  { found, exact }: { found: Bitmap; exact: Bitmap },
): void {
  const reader = new TermReader(block)
  while (reader.next()) {
    const order = compareBytes(reader.term, term)
    if (order < 0) continue
    const isSame = order === 0
    if (!isSame && !(isPrefix && startsWith(reader.term, term))) return
    reader.visit((document) => {
      found.add(document)
      if (isSame) exact.add(document)
    })
  }
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte)
}

/** The documents of all segments in one order; and for each segment, where its documents went (−1: nowhere). */
async function placeDocuments(
  segments: readonly Segment[],
  keeps: (place: SearchPlace) => boolean,
): Promise<{ places: SearchPlace[]; targets: Int32Array[] }> {
  const all: { readonly place: SearchPlace; readonly segment: number; readonly document: number }[] = []
  const targets = segments.map(({ info }) => new Int32Array(info.documents).fill(-1))
  for (const [number, segment] of segments.entries()) {
    for (const [document, place] of (await segment.places()).entries()) {
      if (keeps(place)) all.push({ place, segment: number, document })
    }
  }
  const places: SearchPlace[] = []
  for (const { place, segment, document } of all.sort((a, b) => comparePlaces(a.place, b.place))) {
    const last = places.at(-1)
    if (last === undefined || comparePlaces(last, place) !== 0) places.push(place)
    targets[segment]![document] = places.length - 1
  }
  return { places, targets }
}

/** Goes through the terms of a segment, a batch of blocks at a time. */
class TermCursor {
  /** `undefined` at the end. */
  term: Uint8Array | undefined
  readonly #segment: Segment
  readonly #targets: Int32Array
  #blocks: readonly Uint8Array[] = []
  #block = 0
  #read = 0
  #reader = new TermReader(new Uint8Array())

  constructor(segment: Segment, targets: Int32Array) {
    this.#segment = segment
    this.#targets = targets
  }

  async start(): Promise<void> {
    if (!this.next()) await this.load()
  }

  /** False, if a batch must be loaded first. */
  next(): boolean {
    for (;;) {
      if (readable(() => this.#reader.next())) {
        this.term = this.#reader.term
        return true
      }
      const block = this.#blocks[this.#block++]
      if (block === undefined) return false
      this.#reader = new TermReader(block)
    }
  }

  async load(): Promise<void> {
    const { termBlocks } = this.#segment.info
    const to = Math.min(termBlocks, this.#read + BATCH)
    this.#blocks = this.#read < to ? await this.#segment.termBlocks(this.#read, to) : []
    this.#read = to
    this.#block = 0
    if (this.#blocks.length === 0) this.term = undefined
    else this.next()
  }

  collect(into: Uint16Array, count: number): number {
    let at = count
    readable(() =>
      this.#reader.visit((document) => {
        const target = this.#targets[document] ?? -1
        if (target >= 0) into[at++] = target
      }),
    )
    return at
  }
}

function leastTerm(cursors: readonly TermCursor[]): Uint8Array | undefined {
  let least: Uint8Array | undefined
  for (const { term } of cursors) {
    if (term !== undefined && (least === undefined || compareBytes(term, least) < 0)) least = term
  }
  return least
}

/** Sorts `documents` in place. */
function withoutRepetitions(documents: Uint16Array): Uint16Array {
  documents.sort()
  let length = 0
  for (let i = 0; i < documents.length; i++) {
    if (length === 0 || documents[i] !== documents[length - 1]) documents[length++] = documents[i]!
  }
  return documents.subarray(0, length)
}

function finish(id: number, places: readonly SearchPlace[], terms: TermWriter): BuiltSegment {
  terms.finish()
  const conversations = [...new Set(places.map(({ conversation }) => conversation))]
  const numbers = new Map(conversations.map((conversation, i) => [conversation, i]))
  const documents = places.map(({ conversation, sentAt, direction }) => ({
    sentAt,
    conversation: numbers.get(conversation)!,
    isOutgoing: direction === 'outgoing',
  }))
  const documentBlocks = encodeDocuments(documents)
  const header: SegmentHeader = {
    documents: documents.length,
    conversations,
    firstTerms: terms.firstTerms,
    firstTimes: documentBlocks.map((_, i) => documents[i * DOCUMENTS_IN_BLOCK]!.sentAt),
  }
  const info: SegmentInfo = {
    id,
    documents: documents.length,
    oldest: documents[0]!.sentAt,
    newest: documents.at(-1)!.sentAt,
    termBlocks: terms.blocks.length,
    documentBlocks: documentBlocks.length,
  }
  return {
    info,
    header,
    records: { header: headerCodec.encode(header), terms: terms.blocks, documents: documentBlocks },
  }
}
