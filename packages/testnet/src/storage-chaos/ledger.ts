/**
 * What was promised to the owners of accounts: the answers of members, kept by the test as a client would understand them.
 * Where an answer was lost, or two members' clocks may disagree about the order, everything is allowed: `maybe`.
 */
import { type MessageHash, millis } from '@starling/protocol'

/** So far are the clocks of nodes off at most, either way. */
export const CLOCK_OFFSET = millis(4_000)
/** Two times whose order is sure are so far apart: members' clocks, and some seconds that a request takes. */
const UNSURE = 2 * CLOCK_OFFSET + 6_000

export type Promised = 'stored' | 'deleted' | 'maybe'

export type Entry = {
  readonly hash: MessageHash
  readonly namespace: number
  readonly text: string
  readonly state: Promised
  /** What deletes it is its own expiry: a change that came later would let it live. */
  readonly isDying: boolean
  /** Stored more than once: members that missed one of the stores may think of another life. */
  readonly isRepeated: boolean
  /** When it expires, where nothing but the last change can have decided that. */
  readonly expiry: number | undefined
  /** True time of the last request that concerned it. */
  readonly touchedAt: number
}

/** Of one account. */
export class Ledger {
  readonly entries = new Map<MessageHash, Entry>()
  /** Namespaces that were emptied, `all` for all of them, and when. */
  readonly #emptied: { readonly namespace: number | 'all'; readonly at: number }[] = []
  #revoked: { isRevoked: boolean; isSure: boolean; at: number } = { isRevoked: false, isSure: true, at: -Infinity }

  /** Surely revoked, surely not, or nobody knows. */
  get revoked(): boolean | undefined {
    return this.#revoked.isSure ? this.#revoked.isRevoked : undefined
  }

  noteStore(entry: Pick<Entry, 'hash' | 'namespace' | 'text'>, isAcknowledged: boolean, now: number): void {
    const known = this.entries.get(entry.hash)
    const isDisputed = this.#isDisputed(entry.namespace, now) || (known && isNear(known.touchedAt, now))
    const wasStored = known?.state === 'stored'
    // Stored again: what it was before does not matter, unless it was deleted just now by another clock.
    const state = wasStored || (isAcknowledged && !isDisputed) ? 'stored' : 'maybe'
    const isRepeated = known !== undefined
    this.entries.set(entry.hash, { ...entry, state, isDying: false, isRepeated, expiry: undefined, touchedAt: now })
  }

  /** A deletion of these, of which members said that they deleted `deleted`. */
  noteDeletion(hashes: readonly MessageHash[], deleted: ReadonlySet<MessageHash>, now: number): void {
    for (const entry of this.#entriesOf(hashes)) {
      const isDying = entry.isDying && !isSure(entry, deleted, now)
      this.#touch(entry, { state: afterDeletion(entry, deleted, now), isDying }, now)
    }
  }

  /** A change that lets them live for a minute at most, of which members said that they changed `updated`. */
  noteShortened(hashes: readonly MessageHash[], updated: ReadonlySet<MessageHash>, now: number): void {
    for (const entry of this.#entriesOf(hashes)) {
      const isDying = entry.state !== 'deleted' || entry.isDying
      this.#touch(entry, { state: afterDeletion(entry, updated, now), isDying }, now)
    }
  }

  /** @param expiry that of those that members said they set; nothing, if something else may hold */
  noteProlonged(hashes: readonly MessageHash[], updated: ReadonlySet<MessageHash>, now: number, expiry?: number): void {
    for (const entry of this.#entriesOf(hashes)) {
      const state = entry.state === 'deleted' && entry.isDying ? 'maybe' : entry.state
      // A member that has not heard of a deletion may have set it, too.
      const isKnown = state === 'stored' && isSure(entry, updated, now)
      this.#touch(entry, { state, expiry: isKnown ? expiry : undefined }, now)
    }
  }

  /** A change for all messages of a namespace that leaves them more than a minute. */
  noteLimited(namespace: number | 'all', now: number): void {
    for (const entry of this.#entriesIn(namespace)) this.#touch(entry, {}, now)
  }

  /** As `noteShortened`, of all messages of a namespace. */
  noteAllShortened(namespace: number | 'all', updated: ReadonlySet<MessageHash>, now: number): void {
    this.#emptied.push({ namespace, at: now })
    const hashes = this.#entriesIn(namespace).map(({ hash }) => hash)
    this.noteShortened(hashes, updated, now)
  }

  noteEmptied(namespace: number | 'all', deleted: ReadonlySet<MessageHash>, now: number): void {
    this.#emptied.push({ namespace, at: now })
    const hashes = this.#entriesIn(namespace).map(({ hash }) => hash)
    this.noteDeletion(hashes, deleted, now)
  }

  noteRevocation(isRevoked: boolean, isAcknowledged: boolean, now: number): void {
    const isSame = this.#revoked.isSure && this.#revoked.isRevoked === isRevoked
    const isSure = isSame || (isAcknowledged && !isNear(this.#revoked.at, now))
    this.#revoked = { isRevoked, isSure, at: now }
  }

  #entriesOf(hashes: readonly MessageHash[]): readonly Entry[] {
    return hashes.map((hash) => this.entries.get(hash)).filter((entry) => entry !== undefined)
  }

  #entriesIn(namespace: number | 'all'): readonly Entry[] {
    return [...this.entries.values()].filter((entry) => namespace === 'all' || entry.namespace === namespace)
  }

  #touch(entry: Entry, change: Partial<Entry>, now: number): void {
    this.entries.set(entry.hash, { ...entry, expiry: undefined, ...change, touchedAt: now })
  }

  #isDisputed(namespace: number, now: number): boolean {
    return this.#emptied.some(({ namespace: other, at }) => (other === 'all' || other === namespace) && isNear(at, now))
  }
}

/** What a member says it deleted is gone; what none found may come from one that was away, stored before or after. */
function afterDeletion(entry: Entry, deleted: ReadonlySet<MessageHash>, now: number): Promised {
  return entry.state === 'deleted' || isSure(entry, deleted, now) ? 'deleted' : 'maybe'
}

/** A member says that it did it, and no clock can have another idea of what came before. */
function isSure({ hash, touchedAt }: Entry, done: ReadonlySet<MessageHash>, now: number): boolean {
  return done.has(hash) && !isNear(touchedAt, now)
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < UNSURE
}
