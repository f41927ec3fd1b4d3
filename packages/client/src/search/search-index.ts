/**
 * The index of the full-text search: docs/adr/0019-local-search.md. What happens to a message is noted in a log, in the same write
 * as the message; from time to time the log becomes a segment, and segments become larger ones. Invariants: every change of
 * the segments is one write, which also takes from the log what they contain now; what was removed is in no result, and in no
 * segment `REMOVAL_PATIENCE` later; no segment goes while a search reads it.
 */
import { millis, minutes } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import type { ConversationId } from '../api.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { sortNumber } from '../store/sort-key.ts'
import { StoreError } from '../store/store-error.ts'
import { TABLES } from '../store/tables.ts'
import { WakeUp } from '../wake-up.ts'
import {
  type Backlog,
  deleteSegment,
  type LogEntry,
  logEntry,
  logName,
  type Manifest,
  manifestRecord,
  newManifest,
  putSegment,
  type SearchPlace,
  type SegmentInfo,
} from './index-records.ts'
import { type BuiltSegment, buildSegment, type IndexedMessage, mergeSegments, Segment } from './segment.ts'
import { MAX_DOCUMENTS } from './segment-format.ts'
import { termsOf } from './words.ts'

/** Where the texts of messages are that were there before the index. */
export type TextSource = {
  /** All conversations. */
  conversations(): readonly ConversationId[]
  /** Up to `limit` messages behind `after`, oldest first; the text is '' where there is none. */
  page(
    conversation: ConversationId,
    range: { readonly after?: SearchPlace | undefined; readonly limit: number },
  ): Promise<readonly { readonly place: SearchPlace; readonly text: string }[]>
}

export type SearchIndexOptions = {
  readonly store: SealedStore
  readonly clock: Clock
  readonly texts: TextSource
  /** Messages in the log, beyond which it becomes a segment; 1,024, unless told. */
  readonly logSize?: number
}

/** A message that is in the log only: in memory. */
export type FreshMessage = IndexedMessage & { readonly logged: number }

/** What a search reads. */
export type IndexSnapshot = {
  readonly segments: readonly Segment[]
  readonly fresh: Iterable<FreshMessage>
  isRemoved(place: SearchPlace): boolean
}

const LOG_SIZE = 1024
/** Removals that make the segments being written anew at once. */
const MAX_REMOVALS = 256
/** How long what was removed may stay in a segment, sealed and in no result. */
const REMOVAL_PATIENCE = minutes(1)
/** After a full or failing disk. */
const RETRY_DELAY = minutes(1)
/** So many segments of one size become one. */
const FAN = 8
const PAGE = 500
const TURN = millis(0)

export class SearchIndex {
  readonly #store: SealedStore
  readonly #clock: Clock
  readonly #texts: TextSource
  readonly #logSize: number
  readonly #wakeUp: WakeUp
  readonly #work = new SerialQueue()
  readonly #reading = new Set<Promise<unknown>>()
  #committing: Promise<unknown> = Promise.resolve()
  #manifest: Manifest = newManifest([])
  #segments: readonly Segment[] = []
  readonly #fresh = new Map<string, FreshMessage>()
  readonly #removals = new Map<string, { readonly place: SearchPlace; readonly logged: number }>()
  readonly #removedConversations = new Map<ConversationId, number>()
  #nextLog = 1

  constructor({ store, clock, texts, logSize = LOG_SIZE }: SearchIndexOptions) {
    this.#logSize = logSize
    this.#store = store
    this.#clock = clock
    this.#texts = texts
    this.#wakeUp = new WakeUp(clock)
  }

  /** Reads the log and the headers of the segments. @throws {StoreError} */
  async load(): Promise<void> {
    const manifest = await manifestRecord.get(this.#store)
    this.#manifest = manifest ?? newManifest(this.#texts.conversations())
    if (manifest === undefined) await this.#store.write([manifestRecord.put(this.#manifest)])
    this.#nextLog = this.#manifest.logged + 1
    const segments: Segment[] = []
    for (const info of this.#manifest.segments) segments.push(await Segment.open(this.#store, info))
    this.#segments = segments
    await this.#loadLog()
  }

  /** The message has this text from now on. To be written with the message. */
  put(place: SearchPlace, text: string): SealedChange[] {
    const terms = termsOf(text)
    const key = keyOf(place)
    const before = this.#fresh.get(key)
    const changes: SealedChange[] = before === undefined ? [] : [{ kind: 'delete', name: logName(before.logged) }]
    this.#fresh.delete(key)
    if (terms.length === 0) return changes
    const logged = this.#nextLog++
    this.#fresh.set(key, { place, terms, logged })
    if (this.#fresh.size >= this.#logSize) this.#wakeUp.wake()
    return [...changes, this.#log(logged, { kind: 'put', place, terms })]
  }

  /** The message is gone, or has no text any more. To be written with its deletion. */
  remove(place: SearchPlace): SealedChange[] {
    const key = keyOf(place)
    const before = this.#fresh.get(key)
    this.#fresh.delete(key)
    const changes: SealedChange[] = before === undefined ? [] : [{ kind: 'delete', name: logName(before.logged) }]
    if (!this.#isCovered(place)) return changes
    const logged = this.#nextLog++
    this.#removals.set(key, { place, logged })
    this.#wakeForRemovals()
    return [...changes, this.#log(logged, { kind: 'remove', place })]
  }

  /** The conversation is gone with all of its messages. To be written with its deletion. */
  removeConversation(conversation: ConversationId): SealedChange[] {
    const changes: SealedChange[] = []
    for (const [key, { place, logged }] of this.#fresh) {
      if (place.conversation !== conversation) continue
      this.#fresh.delete(key)
      changes.push({ kind: 'delete', name: logName(logged) })
    }
    if (!this.#hasBacklog(conversation) && !this.#segments.some((segment) => segment.has(conversation))) return changes
    const logged = this.#nextLog++
    this.#removedConversations.set(conversation, logged)
    this.#wakeForRemovals()
    return [...changes, this.#log(logged, { kind: 'removeConversation', conversation })]
  }

  /** Gives `fn` what is there now, and keeps it there until `fn` has ended. */
  async read<T>(fn: (snapshot: IndexSnapshot) => Promise<T>): Promise<T> {
    for (let last: unknown; last !== this.#committing; ) {
      last = this.#committing
      await last
    }
    const snapshot: IndexSnapshot = {
      segments: this.#segments,
      fresh: this.#fresh.values(),
      isRemoved: (place) => this.#removals.has(keyOf(place)) || this.#removedConversations.has(place.conversation),
    }
    const reading = fn(snapshot)
    const settled = reading.catch(() => undefined).finally(() => this.#reading.delete(settled))
    this.#reading.add(settled)
    return reading
  }

  /** Keeps the index in order until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#readBacklog(signal)
        await this.maintain(signal)
      } catch (error) {
        // Nothing was written. The log holds everything meanwhile, and searches find it there.
        if (!(error instanceof StoreError) || (error.code !== 'full' && error.code !== 'io')) throw error
        await this.#clock.sleep(RETRY_DELAY, { signal })
        continue
      }
      await this.#wakeUp.sleep(undefined, signal)
      // More may be removed soon: all of it costs as much as the first.
      const isUrgent = this.#fresh.size >= this.#logSize || this.#removalCount >= MAX_REMOVALS
      if (this.#removalCount > 0 && !isUrgent) await this.#wakeUp.sleep(REMOVAL_PATIENCE, signal)
    }
  }

  /** Makes a segment of the log, if it is long or holds removals, and merges segments as long as there are many of one size. */
  maintain(signal: AbortSignal): Promise<void> {
    return this.#work.run(async () => {
      if (this.#fresh.size >= this.#logSize || this.#removalCount > 0)
        await this.#takeLog(this.#manifest.backlog, [], signal)
      for (let few = this.#mergeable(); few.length > 0; few = this.#mergeable()) {
        signal.throwIfAborted()
        const built = await mergeSegments(this.#manifest.nextSegment, few, this.#mergeOptions(signal))
        await this.#commit({ built: built ? [built] : [], replaced: few })
      }
    })
  }

  get #removalCount(): number {
    return this.#removals.size + this.#removedConversations.size
  }

  #wakeForRemovals(): void {
    if (this.#removalCount === 1 || this.#removalCount >= MAX_REMOVALS) this.#wakeUp.wake()
  }

  async #loadLog(): Promise<void> {
    for (let from: Uint8Array | undefined; ; ) {
      const page = await this.#store.list({
        table: TABLES.searchLog,
        partition: '',
        limit: PAGE,
        ...(from === undefined ? {} : { from }),
      })
      const stale: SealedChange[] = []
      for (const { sort, value } of page) {
        const logged = sortNumber(sort)
        this.#nextLog = Math.max(this.#nextLog, logged + 1)
        // Written after the segment that took it, by a write that was then under way.
        if (logged <= this.#manifest.logged) stale.push({ kind: 'delete', name: logName(logged) })
        else this.#replay(logEntry.decode(value), logged)
      }
      if (stale.length > 0) await this.#store.write(stale)
      if (page.length < PAGE) return
      from = Uint8Array.from([...page.at(-1)!.sort, 0])
    }
  }

  #replay(entry: LogEntry, logged: number): void {
    if (entry.kind === 'removeConversation') this.#removedConversations.set(entry.conversation, logged)
    else if (entry.kind === 'remove') this.#removals.set(keyOf(entry.place), { place: entry.place, logged })
    else this.#fresh.set(keyOf(entry.place), { ...entry, logged })
  }

  /** Whether a segment may have it, or the backlog. */
  #isCovered(place: SearchPlace): boolean {
    if (this.#hasBacklog(place.conversation)) return true
    return this.#segments.some(({ info }) => info.oldest <= place.sentAt && place.sentAt <= info.newest)
  }

  #hasBacklog(conversation: ConversationId): boolean {
    return this.#manifest.backlog.conversations.includes(conversation)
  }

  /** Takes messages that were there before the index, a segment's worth at a time. */
  async #readBacklog(signal: AbortSignal): Promise<void> {
    for (let backlog = this.#manifest.backlog; backlog.conversations.length > 0; backlog = this.#manifest.backlog) {
      signal.throwIfAborted()
      const messages: IndexedMessage[] = []
      let rest: Backlog = backlog
      while (messages.length < this.#logSize && rest.conversations.length > 0) {
        const [conversation, ...others] = rest.conversations
        const page = await this.#texts.page(conversation!, { after: rest.after, limit: PAGE })
        for (const { place, text } of page) {
          const terms = termsOf(text)
          if (terms.length > 0) messages.push({ place, terms })
        }
        rest = page.length < PAGE ? { conversations: others } : { ...rest, after: page.at(-1)!.place }
      }
      await this.#work.run(() => this.#takeLog(rest, messages, signal))
      await this.#pause(signal)
    }
  }

  /** Writes what is in the log, and `others`, into a segment, and what was removed out of the segments. */
  async #takeLog(backlog: Backlog, others: readonly IndexedMessage[], signal: AbortSignal): Promise<void> {
    const logged = this.#nextLog - 1
    const taken = [...this.#fresh.values()]
    const removals = [...this.#removals.values()]
    const conversations = [...this.#removedConversations]
    const gone = new Set(removals.map(({ place }) => keyOf(place)))
    const goneConversations = new Set<ConversationId>(conversations.map(([conversation]) => conversation))
    const keeps = (place: SearchPlace) => !goneConversations.has(place.conversation) && !gone.has(keyOf(place))
    const built: BuiltSegment[] = []
    let next = this.#manifest.nextSegment
    // Removed after it was read from the backlog; a message of the log was put after its removal.
    const messages = new Map([
      ...others.filter(({ place }) => keeps(place)).map((one) => [keyOf(one.place), one] as const),
      ...taken.map((one) => [keyOf(one.place), one] as const),
    ])
    if (messages.size > 0) built.push(buildSegment(next++, [...messages.values()].slice(0, MAX_DOCUMENTS)))
    const replaced: Segment[] = []
    for (const segment of this.#segments) {
      if (!(await isConcerned(segment, keeps, removals, goneConversations))) continue
      const rewritten = await mergeSegments(next, [segment], { ...this.#mergeOptions(signal), keeps })
      if (rewritten !== undefined) built.push(rewritten)
      next++
      replaced.push(segment)
    }
    const entries = [...taken, ...removals, ...conversations.map(([, number]) => ({ logged: number }))]
    await this.#commit({ built, replaced, logged, backlog, entries: entries.map((entry) => entry.logged) })
    for (const one of taken) if (this.#fresh.get(keyOf(one.place)) === one) this.#fresh.delete(keyOf(one.place))
    for (const one of removals)
      if (this.#removals.get(keyOf(one.place)) === one) this.#removals.delete(keyOf(one.place))
    for (const [conversation, number] of conversations) {
      if (this.#removedConversations.get(conversation) === number) this.#removedConversations.delete(conversation)
    }
  }

  async #commit(change: {
    built: readonly BuiltSegment[]
    replaced: readonly Segment[]
    logged?: number
    backlog?: Backlog
    entries?: readonly number[]
  }): Promise<void> {
    const { built, replaced, logged = this.#manifest.logged, backlog = this.#manifest.backlog, entries = [] } = change
    const kept = this.#segments.filter((segment) => !replaced.includes(segment))
    const segments = [...kept, ...built.map(({ info, header }) => new Segment(this.#store, info, header))]
    const infos: SegmentInfo[] = segments.map(({ info }) => info)
    const nextSegment = Math.max(this.#manifest.nextSegment, ...infos.map(({ id }) => id + 1))
    const manifest: Manifest = { nextSegment, logged, segments: infos, backlog }
    const write = async () => {
      await Promise.all(this.#reading)
      await this.#store.write([
        ...built.flatMap(({ info, records }) => putSegment(info.id, records)),
        ...replaced.flatMap(({ info }) => deleteSegment(info)),
        ...entries.map((number): SealedChange => ({ kind: 'delete', name: logName(number) })),
        manifestRecord.put(manifest),
      ])
      this.#manifest = manifest
      this.#segments = segments
    }
    const writing = write()
    this.#committing = writing.catch(() => undefined)
    await writing
  }

  /** Segments that become one; none, if there are few of one size. */
  #mergeable(): readonly Segment[] {
    for (let least = 0; least < MAX_DOCUMENTS; least = Math.max(LOG_SIZE, least) * FAN) {
      const most = Math.max(LOG_SIZE, least) * FAN
      const alike = this.#segments.filter(({ info }) => least <= info.documents && info.documents < most)
      const smallest = alike.sort((a, b) => a.info.documents - b.info.documents).slice(0, FAN)
      const chosen: Segment[] = []
      let room = MAX_DOCUMENTS
      for (const segment of smallest) {
        room -= segment.info.documents
        if (room >= 0) chosen.push(segment)
      }
      if (smallest.length === FAN && chosen.length > 1) return chosen
    }
    return []
  }

  #mergeOptions(signal: AbortSignal): { keeps: (place: SearchPlace) => boolean; pause: () => Promise<void> } {
    return { keeps: () => true, pause: () => this.#pause(signal) }
  }

  /** Lets others have their turn. */
  async #pause(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(TURN, { signal })
  }

  #log(number: number, entry: LogEntry): SealedChange {
    return { kind: 'put', name: logName(number), value: logEntry.encode(entry) }
  }
}

async function isConcerned(
  segment: Segment,
  keeps: (place: SearchPlace) => boolean,
  removals: readonly { readonly place: SearchPlace }[],
  conversations: ReadonlySet<ConversationId>,
): Promise<boolean> {
  if (segment.header.conversations.some((name) => conversations.has(name as ConversationId))) return true
  const { oldest, newest } = segment.info
  if (!removals.some(({ place }) => oldest <= place.sentAt && place.sentAt <= newest)) return false
  return (await segment.places()).some((place) => !keeps(place))
}

function keyOf({ conversation, sentAt, direction }: SearchPlace): string {
  return `${conversation} ${sentAt} ${direction}`
}
