/**
 * What the segments do not have yet, in memory and in the log on the disk. Invariant: whatever is in memory is in the log once
 * the write is done that its change belongs to; numbers grow, and none is given twice.
 */
import type { ConversationId } from '../api.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { sortNumber } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'
import type { IndexedMessage } from './build-segment.ts'
import { type LogEntry, logEntry, logName, type SearchPlace } from './index-records.ts'

/** A message that is in the log only. */
export type FreshMessage = IndexedMessage & { readonly logged: number }
type Removal = { readonly place: SearchPlace; readonly logged: number }

/** What goes into the segments with one write. */
export type TakenLog = {
  /** The last number. */
  readonly logged: number
  readonly messages: readonly FreshMessage[]
  readonly removals: readonly Removal[]
  readonly conversations: readonly (readonly [ConversationId, number])[]
}

const PAGE = 500

export class IndexLog {
  readonly #fresh = new Map<string, FreshMessage>()
  readonly #removals = new Map<string, Removal>()
  readonly #conversations = new Map<ConversationId, number>()
  /** Messages on their way into a segment: what removes them must be noted for that segment. */
  #taken: ReadonlySet<FreshMessage> = new Set()
  #next = 1

  get messages(): Iterable<FreshMessage> {
    return this.#fresh.values()
  }

  get messageCount(): number {
    return this.#fresh.size
  }

  get removalCount(): number {
    return this.#removals.size + this.#conversations.size
  }

  isRemoved(place: SearchPlace): boolean {
    return this.#removals.has(keyOf(place)) || this.#conversations.has(place.conversation)
  }

  /** Reads the log; entries up to and including `logged` are in the segments. @throws {StoreError} */
  async load(store: SealedStore, logged: number): Promise<void> {
    this.#next = logged + 1
    for (let from = new Uint8Array(); ; ) {
      const page = await store.list({ table: TABLES.searchLog, partition: '', from, limit: PAGE })
      const stale: SealedChange[] = []
      for (const { sort, value } of page) {
        const number = sortNumber(sort)
        this.#next = Math.max(this.#next, number + 1)
        // Written after the segment that took it, by a write that was then under way.
        if (number <= logged) stale.push({ kind: 'delete', name: logName(number) })
        else this.#replay(logEntry.decode(value), number)
      }
      if (stale.length > 0) await store.write(stale)
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) return
      from = Uint8Array.from([...last.sort, 0])
    }
  }

  put({ place, terms }: IndexedMessage): SealedChange[] {
    const { changes } = this.#forget(keyOf(place))
    if (terms.length === 0) return changes
    const logged = this.#next++
    this.#fresh.set(keyOf(place), { place, terms, logged })
    return [...changes, note(logged, { kind: 'put', place, terms })]
  }

  /** `isElsewhere`: a segment may have it. */
  remove(place: SearchPlace, isElsewhere: boolean): SealedChange[] {
    const { changes, before } = this.#forget(keyOf(place))
    const isOnItsWay = before !== undefined && this.#taken.has(before)
    if (!isElsewhere && !isOnItsWay) return changes
    const logged = this.#next++
    this.#removals.set(keyOf(place), { place, logged })
    return [...changes, note(logged, { kind: 'remove', place })]
  }

  removeConversation(conversation: ConversationId, isElsewhere: boolean): SealedChange[] {
    const ours = [...this.#fresh].filter(([, { place }]) => place.conversation === conversation)
    const isOnItsWay = [...this.#taken].some(({ place }) => place.conversation === conversation)
    const changes = ours.flatMap(([key]) => this.#forget(key).changes)
    if (!isElsewhere && !isOnItsWay) return changes
    const logged = this.#next++
    this.#conversations.set(conversation, logged)
    return [...changes, note(logged, { kind: 'removeConversation', conversation })]
  }

  /** What there is now; to be followed by `written` or `notWritten`. */
  take(): TakenLog {
    const messages = [...this.#fresh.values()]
    this.#taken = new Set(messages)
    const [removals, conversations] = [[...this.#removals.values()], [...this.#conversations]]
    return { logged: this.#next - 1, messages, removals, conversations }
  }

  /** The segments have it. What came meanwhile stays. */
  written({ messages, removals, conversations }: TakenLog): void {
    this.#taken = new Set()
    for (const one of messages) if (this.#fresh.get(keyOf(one.place)) === one) this.#fresh.delete(keyOf(one.place))
    for (const one of removals)
      if (this.#removals.get(keyOf(one.place)) === one) this.#removals.delete(keyOf(one.place))
    for (const [conversation, logged] of conversations)
      if (this.#conversations.get(conversation) === logged) this.#conversations.delete(conversation)
  }

  notWritten(): void {
    this.#taken = new Set()
  }

  #forget(key: string): { readonly changes: SealedChange[]; readonly before: FreshMessage | undefined } {
    const before = this.#fresh.get(key)
    this.#fresh.delete(key)
    return { before, changes: before === undefined ? [] : [{ kind: 'delete', name: logName(before.logged) }] }
  }

  #replay(entry: LogEntry, logged: number): void {
    if (entry.kind === 'removeConversation') this.#conversations.set(entry.conversation, logged)
    else if (entry.kind === 'remove') this.#removals.set(keyOf(entry.place), { place: entry.place, logged })
    else this.#fresh.set(keyOf(entry.place), { ...entry, logged })
  }
}

export function keyOf({ conversation, sentAt, direction }: SearchPlace): string {
  return `${conversation} ${sentAt} ${direction}`
}

function note(number: number, entry: LogEntry): SealedChange {
  return { kind: 'put', name: logName(number), value: logEntry.encode(entry) }
}
