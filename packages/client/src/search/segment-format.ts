/**
 * How a segment of the search index is written: docs/adr/0019-local-search.md. A segment is immutable: documents in the order of
 * their times, and terms in the order of their bytes, each with the documents that have it. Both are cut into blocks, every one
 * a record of the sealed store.
 */
import { blob, CodecError, list, safeU64, struct, text, u32be } from '@starling/protocol'

/** Terms of words and terms of conversations do not meet. */
const TERM_KINDS = { conversation: '\u0001', word: '\u0002' } as const

/** What is read for one word: some hundred terms. A frequent term makes a larger block. */
const TERM_BLOCK_SIZE = 16_384
export const DOCUMENTS_IN_BLOCK = 256
/** So that a segment is merged in memory: some megabytes. */
export const MAX_DOCUMENTS = 65_536
const MAX_BLOCKS = 65_536

export type Document = {
  readonly sentAt: number
  /** Which of the segment's conversations. */
  readonly conversation: number
  readonly isOutgoing: boolean
}

/** `documents`: indexes into the segment's documents, ascending. */
export type Posting = { readonly term: Uint8Array; readonly documents: readonly number[] | Uint16Array }

/** What is kept in memory of a segment. */
export type SegmentHeader = {
  readonly documents: number
  readonly conversations: readonly string[]
  /** The first term of each block of terms. */
  readonly firstTerms: readonly Uint8Array[]
  /** The first time of each block of documents. */
  readonly firstTimes: readonly number[]
}

export const headerCodec = struct({
  documents: u32be,
  conversations: list(u32be, text(u32be, { max: 256 }), { max: MAX_DOCUMENTS }),
  firstTerms: list(u32be, blob(u32be, { max: 1024 }), { max: MAX_BLOCKS }),
  firstTimes: list(u32be, safeU64(), { max: MAX_BLOCKS }),
})

export function wordTerm(word: string): string {
  return TERM_KINDS.word + word
}

export function conversationTerm(conversation: string): string {
  return TERM_KINDS.conversation + conversation
}

/** Cuts terms, which come in order, into blocks. */
export class TermWriter {
  readonly blocks: Uint8Array[] = []
  readonly firstTerms: Uint8Array[] = []
  #out = new ByteWriter()
  #last = new Uint8Array()

  add({ term, documents }: Posting): void {
    if (this.#out.length === 0) {
      this.firstTerms.push(term)
      this.#last = new Uint8Array()
    }
    const shared = sharedLength(this.#last, term)
    this.#out.number(shared)
    this.#out.number(term.length - shared)
    this.#out.bytes(term.subarray(shared))
    this.#out.number(documents.length)
    let previous = -1
    for (const document of documents) {
      this.#out.number(document - previous - 1)
      previous = document
    }
    this.#last = term.slice()
    if (this.#out.length >= TERM_BLOCK_SIZE) this.#cut()
  }

  finish(): void {
    if (this.#out.length > 0) this.#cut()
  }

  #cut(): void {
    this.blocks.push(this.#out.take())
    this.#out = new ByteWriter()
  }
}

/** Goes through a block of terms. What it says is of the current one, until the next call. */
export class TermReader {
  count = 0
  /** Used again for each term: there are hundreds in a block, of which one is wanted. */
  #term = new Uint8Array(64)
  #length = 0
  readonly #in: ByteReader
  #unread = 0

  constructor(block: Uint8Array) {
    this.#in = new ByteReader(block)
  }

  /** False at the end. @throws {CodecError} */
  next(): boolean {
    this.#in.skipNumbers(this.#unread)
    this.#unread = 0
    if (this.#in.left === 0) return false
    const shared = this.#in.number()
    const added = this.#in.number()
    if (shared > this.#length) throw new CodecError('out_of_bounds', 'shared part of a term')
    if (added > this.#in.left) throw new CodecError('truncated', 'term')
    this.#length = shared + added
    if (this.#length > this.#term.length) {
      const grown = new Uint8Array(2 * this.#length)
      grown.set(this.#term)
      this.#term = grown
    }
    this.#in.copyTo(this.#term, shared, added)
    this.count = this.#in.number()
    this.#unread = this.count
    return true
  }

  /** A copy. */
  get term(): Uint8Array {
    return this.#term.slice(0, this.#length)
  }

  /** Below nought: it comes before `other`; above: behind. Those that begin with `other` come right behind it. */
  compareTo(other: Uint8Array): number {
    const end = Math.min(this.#length, other.length)
    for (let i = 0; i < end; i++) {
      const order = this.#term[i]! - other[i]!
      if (order !== 0) return order
    }
    return this.#length - other.length
  }

  startsWith(prefix: Uint8Array): boolean {
    if (this.#length < prefix.length) return false
    for (let i = 0; i < prefix.length; i++) if (this.#term[i] !== prefix[i]) return false
    return true
  }

  /** Calls `visit` with the documents of the current term, once. */
  visit(visit: (document: number) => void): void {
    let document = -1
    for (; this.#unread > 0; this.#unread--) {
      document += this.#in.number() + 1
      visit(document)
    }
  }
}

export function encodeDocuments(documents: readonly Document[]): Uint8Array[] {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < documents.length; at += DOCUMENTS_IN_BLOCK) {
    const out = new ByteWriter()
    let previous = 0
    for (const { sentAt, conversation, isOutgoing } of documents.slice(at, at + DOCUMENTS_IN_BLOCK)) {
      out.number(sentAt - previous)
      out.number(conversation * 2 + Number(isOutgoing))
      previous = sentAt
    }
    blocks.push(out.take())
  }
  return blocks
}

/** @throws {CodecError} */
export function decodeDocuments(block: Uint8Array): Document[] {
  const reader = new ByteReader(block)
  const documents: Document[] = []
  let sentAt = 0
  while (reader.left > 0) {
    sentAt += reader.number()
    const rest = reader.number()
    documents.push({ sentAt, conversation: rest >>> 1, isOutgoing: (rest & 1) === 1 })
  }
  return documents
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length)
  let i = 0
  while (i < end && a[i] === b[i]) i++
  return i
}

/** Numbers of seven bits a byte, the lowest first. */
class ByteWriter {
  #bytes = new Uint8Array(1024)
  length = 0

  number(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.length++] = rest
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }

  #reserve(size: number): void {
    if (this.length + size <= this.#bytes.length) return
    const grown = new Uint8Array(2 * this.#bytes.length + size)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  number(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new CodecError('truncated', 'number')
      if (byte < 128) return value + byte * factor
      value += (byte & 127) * factor
    }
    throw new CodecError('out_of_bounds', 'number')
  }

  /** Without reading them: each ends with its first byte below 128. */
  skipNumbers(count: number): void {
    const bytes = this.#bytes
    let at = this.#at
    for (let left = count; left > 0; at++) {
      if (at >= bytes.length) throw new CodecError('truncated', 'numbers')
      if (bytes[at]! < 128) left--
    }
    this.#at = at
  }

  /** There are as many. */
  copyTo(target: Uint8Array, offset: number, length: number): void {
    for (let i = 0; i < length; i++) target[offset + i] = this.#bytes[this.#at + i]!
    this.#at += length
  }
}
