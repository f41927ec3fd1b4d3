/** Segments of the search index are built of messages, or of other segments. */
import { compareBytes, utf8 } from '@starling/protocol'
import { readable, type SearchPlace, type SegmentInfo, type SegmentRecords } from './index-records.ts'
import { comparePlaces, type Segment } from './segment.ts'
import {
  conversationTerm,
  DOCUMENTS_IN_BLOCK,
  encodeDocuments,
  headerCodec,
  type SegmentHeader,
  TermReader,
  TermWriter,
  wordTerm,
} from './segment-format.ts'

export type IndexedMessage = { readonly place: SearchPlace; readonly terms: readonly string[] }

export type BuiltSegment = {
  readonly info: SegmentInfo
  readonly records: SegmentRecords
  readonly header: SegmentHeader
}

/** Blocks of terms that are read at once from each segment: about a megabyte. */
const BATCH = 64

/** Of messages, at least one, in different places. */
export function buildSegment(id: number, messages: readonly IndexedMessage[]): BuiltSegment {
  const sorted = [...messages].sort((a, b) => comparePlaces(a.place, b.place))
  const postings = new Map<string, number[]>()
  sorted.forEach(({ place, terms }, document) => {
    for (const term of [conversationTerm(place.conversation), ...terms.map(wordTerm)]) {
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
