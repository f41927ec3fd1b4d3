/** All conversations in memory, sorted as faces show them: pinned first, then by last activity, newest first. */
import type { AccountId, UnixMillis } from '@starling/protocol'
import type { MutableObservable, Observable } from '@starling/runtime'
import type { ConversationId, ConversationList, ConversationSummary, Delivery } from '../api.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { numberSort, sortNumber } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'
import { type ConversationRecord, conversationRecord } from './conversation-record.ts'
import { conversationSummary } from './conversation-view.ts'

const PAGE = 500

type Entry = { readonly number: number; readonly record: ConversationRecord; readonly summary: ConversationSummary }
type Context = {
  readonly self: AccountId
  readonly queued: (conversation: ConversationId) => Delivery
  readonly now: () => UnixMillis
}

export class ConversationIndex {
  readonly #context: Context
  readonly #list: MutableObservable<ConversationList>
  readonly #entries = new Map<ConversationId, Entry>()
  readonly #typing = new Set<ConversationId>()
  #nextNumber = 0

  /** `list` is what is published: it outlives the account. */
  constructor(context: Context, list: MutableObservable<ConversationList>) {
    this.#context = context
    this.#list = list
  }

  get list(): Observable<ConversationList> {
    return this.#list
  }

  async load(store: SealedStore): Promise<void> {
    let from = new Uint8Array()
    for (;;) {
      const page = await store.list({ table: TABLES.conversations, partition: '', from, limit: PAGE })
      for (const { sort, value } of page) this.#add(sortNumber(sort), conversationRecord.decode(value))
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) break
      from = numberSort(sortNumber(last.sort) + 1) as Uint8Array<ArrayBuffer>
    }
    const shown = [...this.#entries.values()].filter(({ record }) => !record.hidden)
    const all = shown.map(({ summary }) => summary)
    this.#list.set(all.sort(compareSummaries))
  }

  get(id: ConversationId): ConversationRecord | undefined {
    return this.#entries.get(id)?.record
  }

  /** What to write so that `record` is there after a restart. */
  put(record: ConversationRecord): SealedChange {
    const number = this.#entries.get(idOf(record))?.number ?? this.#nextNumber
    return { kind: 'put', name: nameOf(number), value: conversationRecord.encode(record) }
  }

  delete(id: ConversationId): SealedChange | undefined {
    const entry = this.#entries.get(id)
    return entry && { kind: 'delete', name: nameOf(entry.number) }
  }

  /** `record` was written, or what its summary depends on has changed. */
  show(record: ConversationRecord): void {
    const id = idOf(record)
    const { summary } = this.#add(this.#entries.get(id)?.number ?? this.#nextNumber, record)
    const others = this.#list.snapshot.filter((other) => other.id !== id)
    if (record.hidden) {
      this.#list.set(others)
      return
    }
    const at = placeFor(others, summary)
    this.#list.set([...others.slice(0, at), summary, ...others.slice(at)])
  }

  /** All of them, in no order. */
  records(): readonly ConversationRecord[] {
    return Array.from(this.#entries.values(), ({ record }) => record)
  }

  /** They type, or do not any more: shown, never kept. */
  setTyping(id: ConversationId, isTyping: boolean): void {
    if (this.#typing.has(id) === isTyping) return
    if (isTyping) this.#typing.add(id)
    else this.#typing.delete(id)
    const record = this.get(id)
    if (record !== undefined) this.show(record)
  }

  /** It was deleted. */
  hide(id: ConversationId): void {
    this.#entries.delete(id)
    this.#list.update((list) => list.filter((other) => other.id !== id))
  }

  #add(number: number, record: ConversationRecord): Entry {
    const id = idOf(record)
    const { self, queued, now } = this.#context
    const context = { self, queued: () => queued(id), isTyping: this.#typing.has(id), now: now() }
    const entry = { number, record, summary: conversationSummary(record, context) }
    this.#entries.set(id, entry)
    this.#nextNumber = Math.max(this.#nextNumber, number + 1)
    return entry
  }
}

function idOf({ account }: ConversationRecord): ConversationId {
  return account as string as ConversationId
}

/** The number says nothing of the account: sort keys stand on the disk in clear. */
function nameOf(number: number): SealedChange['name'] {
  return { table: TABLES.conversations, partition: '', sort: numberSort(number) }
}

function compareSummaries(a: ConversationSummary, b: ConversationSummary): number {
  return Number(b.pinned) - Number(a.pinned) || b.lastActivity - a.lastActivity || (a.id < b.id ? -1 : 1)
}

function placeFor(sorted: ConversationList, summary: ConversationSummary): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareSummaries(sorted[middle]!, summary) < 0) low = middle + 1
    else high = middle
  }
  return low
}
