/** A segment of the search index, as it is read. */
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
} from './index-records.ts'
import {
  conversationTerm,
  DOCUMENTS_IN_BLOCK,
  type Document,
  decodeDocuments,
  headerCodec,
  type SegmentHeader,
  TermReader,
  wordTerm,
} from './segment-format.ts'
import type { QueryTerm } from './words.ts'

/** What has a term, or what begins with it; and of that, what has the whole word. */
export type Found = { readonly found: Bitmap; readonly exact: Bitmap }
type BlockRange = { readonly from: number; readonly to: number }

/** Blocks that are read at once: about a megabyte. */
const BATCH = 64
const KEPT_BLOCKS = 32

/** By time; conversation and direction only make it total. */
export function comparePlaces(a: SearchPlace, b: SearchPlace): number {
  if (a.sentAt !== b.sentAt) return a.sentAt - b.sentAt
  if (a.conversation !== b.conversation) return a.conversation < b.conversation ? -1 : 1
  return Number(a.direction === 'outgoing') - Number(b.direction === 'outgoing')
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
  async find({ term, isPrefix }: QueryTerm): Promise<Found> {
    const bytes = utf8(wordTerm(term))
    return this.#find(bytes, isPrefix, this.#blocksOf(bytes, isPrefix))
  }

  /** As `find`, of one block: the whole word is there, if it is anywhere. `isAll`: so is what begins with it. */
  async peek({ term, isPrefix }: QueryTerm): Promise<Found & { readonly isAll: boolean }> {
    const bytes = utf8(wordTerm(term))
    const { from, to } = this.#blocksOf(bytes, isPrefix)
    const found = await this.#find(bytes, isPrefix, { from, to: Math.min(to, from + 1) })
    return { ...found, isAll: to <= from + 1 }
  }

  async inConversation(conversation: ConversationId): Promise<Bitmap> {
    const bytes = utf8(conversationTerm(conversation))
    return (await this.#find(bytes, false, this.#blocksOf(bytes, false))).found
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

  /** Where terms are that are this one or, if wished, begin with it. */
  #blocksOf(term: Uint8Array, isPrefix: boolean): BlockRange {
    const { firstTerms } = this.header
    const last = isPrefix ? afterAll(term) : term
    const first = firstTerms.findLastIndex((one) => compareBytes(one, term) <= 0)
    return { from: Math.max(0, first), to: 1 + firstTerms.findLastIndex((one) => compareBytes(one, last) <= 0) }
  }

  async #find(term: Uint8Array, isPrefix: boolean, { from, to }: BlockRange): Promise<Found> {
    const { documents } = this.info
    const result = { found: new Bitmap(documents), exact: new Bitmap(documents) }
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

/** The first byte string behind all that begin with `prefix`, whose last byte is one of UTF-8 and so below 255. */
function afterAll(prefix: Uint8Array): Uint8Array {
  const next = prefix.slice()
  next[next.length - 1] = next[next.length - 1]! + 1
  return next
}

function collectMatches(block: Uint8Array, term: Uint8Array, isPrefix: boolean, { found, exact }: Found): void {
  const reader = new TermReader(block)
  while (reader.next()) {
    const order = reader.compareTo(term)
    if (order < 0) continue
    const isSame = order === 0
    if (!isSame && !(isPrefix && reader.startsWith(term))) return
    reader.visit((document) => {
      found.add(document)
      if (isSame) exact.add(document)
    })
  }
}
