/**
 * Pictures that this device has already: those it fetched, and those it sent. They lie in the local store, sealed like
 * everything there. Invariants: at most 200,000,000 bytes and 4,000 files, and those that nobody looked at for longest go first;
 * a file is found by the address and the key that it was fetched with, so that nobody else's words lead to it; it goes in the
 * write that takes what it belongs to. What changes anything happens one after the other: the caller sees to that.
 */
import { type FilePointer, toBase64, type UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationId, KeptUsage } from '../api.ts'
import { timeSchema } from '../messages/record-fields.ts'
import { jsonRecord } from '../store/json-record.ts'
import type { RecordName, SealedChange, SealedStore } from '../store/sealed-store.ts'
import { numberSort, sortNumber } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'

export type KeptFilesOptions = {
  readonly store: SealedStore
  readonly now: () => UnixMillis
  /** 200,000,000, unless told. */
  readonly mostBytes?: number
}

const MOST_BYTES = 200_000_000
/** Their entries are all in memory: a few hundred bytes each. */
const MOST_FILES = 4_000
/** That a file was looked at is not written more often than this, in milliseconds. */
const USE_STEP_MS = 3_600_000
const PAGE = 500
const RELAXED = { durability: 'relaxed' } as const

type Entry = {
  /** What it was fetched with: see `sourceOf`. */
  readonly source: string
  /** Whose messages it is in; absent: of none. */
  readonly conversation?: string | undefined
  readonly size: number
  readonly usedAt: UnixMillis
}
type Numbered = { readonly number: number; readonly entry: Entry }

const entryRecord = jsonRecord<Entry>(
  z.object({
    source: z.string(),
    conversation: z.optional(z.string()),
    size: z.number(),
    usedAt: timeSchema,
  }) as unknown as z.ZodMiniType<Entry>,
)

export class KeptFiles {
  readonly #options: KeptFilesOptions
  /** By source. `undefined`: not read yet. */
  #entries: Promise<Map<string, Numbered>> | undefined
  #nextNumber = 0

  constructor(options: KeptFilesOptions) {
    this.#options = options
  }

  /** @throws {StoreError} */
  async get(pointer: FilePointer): Promise<Uint8Array | undefined> {
    const found = (await this.#load()).get(sourceOf(pointer))
    return found && this.#options.store.get(contentName(found.number))
  }

  /** Somebody looked at it. @throws {StoreError} */
  async noteUse(pointer: FilePointer): Promise<void> {
    const { store, now } = this.#options
    const entries = await this.#load()
    const found = entries.get(sourceOf(pointer))
    const usedAt = now()
    if (found === undefined || usedAt - found.entry.usedAt < USE_STEP_MS) return
    const used = { ...found, entry: { ...found.entry, usedAt } }
    entries.set(used.entry.source, used)
    await store.write([putEntry(used)], RELAXED)
  }

  /** Nothing is kept of what alone is larger than all may be. @throws {StoreError} */
  async put(pointer: FilePointer, content: Uint8Array, conversation?: ConversationId): Promise<void> {
    const { store, now, mostBytes = MOST_BYTES } = this.#options
    if (content.length > mostBytes) return
    const entries = await this.#load()
    const source = sourceOf(pointer)
    const entry = { source, size: content.length, usedAt: now(), ...(conversation && { conversation }) }
    const added = { number: this.#nextNumber++, entry }
    const before = entries.get(source)
    const gone = [...(before ? [before] : []), ...oldest([...entries.values()], mostBytes - content.length)]
    const put: SealedChange[] = [putEntry(added), { kind: 'put', name: contentName(added.number), value: content }]
    await store.write([...gone.flatMap(removal), ...put], RELAXED)
    for (const { entry: old } of gone) entries.delete(old.source)
    entries.set(source, added)
  }

  /** What to write so that these are gone. @throws {StoreError} */
  async forget(pointers: readonly FilePointer[]): Promise<SealedChange[]> {
    if (pointers.length === 0) return []
    const entries = await this.#load()
    return this.#remove(
      entries,
      pointers.flatMap((pointer) => entries.get(sourceOf(pointer)) ?? []),
    )
  }

  /** The same for all of a conversation. @throws {StoreError} */
  async forgetConversation(id: ConversationId): Promise<SealedChange[]> {
    const entries = await this.#load()
    return this.#remove(
      entries,
      [...entries.values()].filter(({ entry }) => entry.conversation === id),
    )
  }

  /** @throws {StoreError} */
  async forgetAll(): Promise<void> {
    const entries = await this.#load()
    await this.#options.store.write(this.#remove(entries, [...entries.values()]))
  }

  /** @throws {StoreError} */
  async usage(): Promise<KeptUsage> {
    const entries = [...(await this.#load()).values()]
    return { files: entries.length, bytes: sizeOf(entries) }
  }

  #remove(entries: Map<string, Numbered>, gone: readonly Numbered[]): SealedChange[] {
    for (const { entry } of gone) entries.delete(entry.source)
    return gone.flatMap(removal)
  }

  /** Read once; again, if that failed. */
  #load(): Promise<Map<string, Numbered>> {
    const loading = this.#entries ?? this.#read()
    this.#entries = loading
    loading.catch(() => {
      if (this.#entries === loading) this.#entries = undefined
    })
    return loading
  }

  async #read(): Promise<Map<string, Numbered>> {
    const { store } = this.#options
    const entries = new Map<string, Numbered>()
    for (let from = numberSort(0); ; from = numberSort(this.#nextNumber)) {
      const page = await store.list({ table: TABLES.keptFiles, partition: '', from, limit: PAGE })
      for (const { sort, value } of page) {
        const entry = entryRecord.decode(value)
        const number = sortNumber(sort)
        entries.set(entry.source, { number, entry })
        this.#nextNumber = Math.max(this.#nextNumber, number + 1)
      }
      if (page.length < PAGE) return entries
    }
  }
}

/** All that says what a file is: with another key, digest or size it would be another one. */
function sourceOf({ url, key, digest, size }: FilePointer): string {
  return [url, ...[key, digest].map((bytes) => (bytes === undefined ? '' : toBase64(bytes))), size ?? ''].join(' ')
}

/** Those that have to go so that the others have no more bytes than this, and there is a place for one more. */
function oldest(entries: readonly Numbered[], mostBytes: number): readonly Numbered[] {
  const byUse = entries.toSorted((a, b) => a.entry.usedAt - b.entry.usedAt || a.number - b.number)
  let bytes = sizeOf(entries)
  let count = 0
  while (count < byUse.length && (bytes > mostBytes || byUse.length - count >= MOST_FILES)) {
    bytes -= byUse[count++]!.entry.size
  }
  return byUse.slice(0, count)
}

function sizeOf(entries: readonly Numbered[]): number {
  return entries.reduce((sum, { entry }) => sum + entry.size, 0)
}

function putEntry({ number, entry }: Numbered): SealedChange {
  return { kind: 'put', name: entryName(number), value: entryRecord.encode(entry) }
}

function removal({ number }: Numbered): SealedChange[] {
  return [
    { kind: 'delete', name: entryName(number) },
    { kind: 'delete', name: contentName(number) },
  ]
}

function entryName(number: number): RecordName {
  return { table: TABLES.keptFiles, partition: '', sort: numberSort(number) }
}

function contentName(number: number): RecordName {
  return { table: TABLES.keptContents, partition: '', sort: numberSort(number) }
}
