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
import { StoreError } from '../store/store-error.ts'
import { WakeUp } from '../wake-up.ts'
import { type BuiltSegment, buildSegment, type IndexedMessage, mergeSegments } from './build-segment.ts'
import { type FreshMessage, IndexLog, keyOf, type TakenLog } from './index-log.ts'
import {
  type Backlog,
  deleteSegment,
  logName,
  type Manifest,
  manifestRecord,
  newManifest,
  putSegment,
  type SearchPlace,
  type SegmentInfo,
} from './index-records.ts'
import { Segment } from './segment.ts'
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
  readonly #log = new IndexLog()

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
    const segments: Segment[] = []
    for (const info of this.#manifest.segments) segments.push(await Segment.open(this.#store, info))
    this.#segments = segments
    await this.#log.load(this.#store, this.#manifest.logged)
  }

  /** The message has this text from now on. To be written with the message. */
  put(place: SearchPlace, text: string): SealedChange[] {
    const changes = this.#log.put({ place, terms: termsOf(text) })
    if (this.#log.messageCount >= this.#logSize) this.#wakeUp.wake()
    return changes
  }

  /** The message is gone, or has no text any more. To be written with its deletion. */
  remove(place: SearchPlace): SealedChange[] {
    const mayHaveIt = ({ info }: Segment) => info.oldest <= place.sentAt && place.sentAt <= info.newest
    const isElsewhere = this.#hasBacklog(place.conversation) || this.#segments.some(mayHaveIt)
    const changes = this.#log.remove(place, isElsewhere)
    this.#wakeForRemovals()
    return changes
  }

  /** The conversation is gone with all of its messages. To be written with its deletion. */
  removeConversation(conversation: ConversationId): SealedChange[] {
    const isElsewhere = this.#hasBacklog(conversation) || this.#segments.some((segment) => segment.has(conversation))
    const changes = this.#log.removeConversation(conversation, isElsewhere)
    this.#wakeForRemovals()
    return changes
  }

  /** Gives `fn` what is there now, and keeps it there until `fn` has ended. */
  async read<T>(fn: (snapshot: IndexSnapshot) => Promise<T>): Promise<T> {
    for (let last: unknown; last !== this.#committing; ) {
      last = this.#committing
      await last
    }
    const snapshot: IndexSnapshot = {
      segments: this.#segments,
      fresh: this.#log.messages,
      isRemoved: (place) => this.#log.isRemoved(place),
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
      const isUrgent = this.#log.messageCount >= this.#logSize || this.#log.removalCount >= MAX_REMOVALS
      if (this.#log.removalCount > 0 && !isUrgent) await this.#wakeUp.sleep(REMOVAL_PATIENCE, signal)
    }
  }

  /** Makes a segment of the log, if it is long or holds removals, and merges segments as long as there are many of one size. */
  maintain(signal: AbortSignal): Promise<void> {
    return this.#work.run(async () => {
      if (this.#log.messageCount >= this.#logSize || this.#log.removalCount > 0)
        await this.#takeLog(this.#manifest.backlog, [], signal)
      for (let few = this.#mergeable(); few.length > 0; few = this.#mergeable()) {
        signal.throwIfAborted()
        const built = await mergeSegments(this.#manifest.nextSegment, few, this.#mergeOptions(signal))
        await this.#commit({ built: built ? [built] : [], replaced: few })
      }
    })
  }

  #wakeForRemovals(): void {
    if (this.#log.removalCount === 1 || this.#log.removalCount >= MAX_REMOVALS) this.#wakeUp.wake()
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
    const log = this.#log.take()
    try {
      await this.#writeLog(log, backlog, others, signal)
      this.#log.written(log)
    } catch (error) {
      this.#log.notWritten()
      throw error
    }
  }

  async #writeLog(
    { logged, messages: taken, removals, conversations }: TakenLog,
    backlog: Backlog,
    others: readonly IndexedMessage[],
    signal: AbortSignal,
  ): Promise<void> {
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
