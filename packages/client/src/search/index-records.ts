/** The records of the search index: its log, its list of segments, and the blocks of each segment. */
import { CodecError, type UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationId } from '../api.ts'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { RecordName, SealedChange, SealedStore } from '../store/sealed-store.ts'
import { numberSort } from '../store/sort-key.ts'
import { StoreError } from '../store/store-error.ts'
import { TABLES } from '../store/tables.ts'

/** Where a message stands. A place is taken once. */
export type SearchPlace = {
  readonly conversation: ConversationId
  readonly sentAt: UnixMillis
  readonly direction: 'incoming' | 'outgoing'
}

/** What happened since the last segment was written: in the same write as what happened to the message. */
export type LogEntry =
  | { readonly kind: 'put'; readonly place: SearchPlace; readonly terms: readonly string[] }
  | { readonly kind: 'remove'; readonly place: SearchPlace }
  | { readonly kind: 'removeConversation'; readonly conversation: ConversationId }

export type SegmentInfo = {
  readonly id: number
  readonly documents: number
  readonly oldest: number
  readonly newest: number
  readonly termBlocks: number
  readonly documentBlocks: number
}

/** What is still to be read of the messages that were there before the index. */
export type Backlog = {
  readonly conversations: readonly ConversationId[]
  /** How far the first of them was read. */
  readonly after?: SearchPlace | undefined
}

export type Manifest = {
  readonly nextSegment: number
  /** Entries of the log up to and including this one are in the segments. */
  readonly logged: number
  readonly segments: readonly SegmentInfo[]
  readonly backlog: Backlog
}

const conversationSchema = z.pipe(
  z.string(),
  z.transform((text) => text as ConversationId),
)
const placeSchema = z.object({
  conversation: conversationSchema,
  sentAt: z.pipe(
    z.int().check(z.nonnegative()),
    z.transform((value) => value as UnixMillis),
  ),
  direction: z.enum(['incoming', 'outgoing']),
})

export const logEntry = jsonRecord<LogEntry>(
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('put'), place: placeSchema, terms: z.array(z.string()) }),
    z.object({ kind: z.literal('remove'), place: placeSchema }),
    z.object({ kind: z.literal('removeConversation'), conversation: conversationSchema }),
  ]),
)

export const manifestRecord = new Singleton<Manifest>(
  { table: TABLES.singletons, partition: 'search' },
  jsonRecord(
    z.object({
      nextSegment: z.int(),
      logged: z.int(),
      segments: z.array(
        z.object({
          id: z.int(),
          documents: z.int(),
          oldest: z.int(),
          newest: z.int(),
          termBlocks: z.int(),
          documentBlocks: z.int(),
        }),
      ),
      backlog: z.object({ conversations: z.array(conversationSchema), after: z.optional(placeSchema) }),
    }),
  ),
)

export function newManifest(conversations: readonly ConversationId[]): Manifest {
  return { nextSegment: 1, logged: 0, segments: [], backlog: { conversations } }
}

export function logName(number: number): RecordName {
  return { table: TABLES.searchLog, partition: '', sort: numberSort(number) }
}

const HEADER = 0
const TERMS = 1
const DOCUMENTS = 2

export type SegmentRecords = {
  readonly header: Uint8Array
  readonly terms: readonly Uint8Array[]
  readonly documents: readonly Uint8Array[]
}

export function putSegment(id: number, { header, terms, documents }: SegmentRecords): SealedChange[] {
  return [
    { kind: 'put', name: nameIn(id, HEADER, 0), value: header },
    ...terms.map((value, i): SealedChange => ({ kind: 'put', name: nameIn(id, TERMS, i), value })),
    ...documents.map((value, i): SealedChange => ({ kind: 'put', name: nameIn(id, DOCUMENTS, i), value })),
  ]
}

export function deleteSegment({ id, termBlocks, documentBlocks }: SegmentInfo): SealedChange[] {
  const names = [
    nameIn(id, HEADER, 0),
    ...Array.from({ length: termBlocks }, (_, i) => nameIn(id, TERMS, i)),
    ...Array.from({ length: documentBlocks }, (_, i) => nameIn(id, DOCUMENTS, i)),
  ]
  return names.map((name) => ({ kind: 'delete', name }))
}

/** @throws {StoreError} `unreadable` */
export async function getSegmentHeader(store: SealedStore, id: number): Promise<Uint8Array> {
  const header = await store.get(nameIn(id, HEADER, 0))
  if (header === undefined) throw new StoreError('unreadable')
  return header
}

/** Blocks of terms `from` … `to − 1`. @throws {StoreError} `unreadable` */
export function getTermBlocks(
  store: SealedStore,
  id: number,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  return getBlocks(store, id, TERMS, from, to)
}

/** Blocks of documents `from` … `to − 1`. @throws {StoreError} `unreadable` */
export function getDocumentBlocks(
  store: SealedStore,
  id: number,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  return getBlocks(store, id, DOCUMENTS, from, to)
}

async function getBlocks(
  store: SealedStore,
  id: number,
  kind: number,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  const first = nameIn(id, kind, from)
  const range = { ...first, from: first.sort, to: nameIn(id, kind, to).sort, limit: to - from }
  const found = await store.list(range)
  if (found.length !== to - from) throw new StoreError('unreadable')
  return found.map(({ value }) => value)
}

function nameIn(segment: number, kind: number, block: number): RecordName {
  const sort = new Uint8Array(5)
  sort[0] = kind
  new DataView(sort.buffer).setUint32(1, block)
  return { table: TABLES.searchSegments, partition: `${segment}`, sort }
}

/** What a codec refuses in a record of ours was not written by this version. */
export function readable<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof CodecError) throw new StoreError('unreadable', { cause: error })
    throw error
  }
}
